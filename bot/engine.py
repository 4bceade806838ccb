"""What the gateway asks of any engine: one turn in, one answer out, nothing kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bot.content.replies import Reply

DANGER_INTENTS = ("immediate_danger", "self_harm", "child_in_danger")
"""Intents that put the emergency card above whatever else is said."""

NEVER_REASSURED = (
    *DANGER_INTENTS,
    "report_deportation_risk",
    "report_without_status",
    "abuser_threatens_deportation",
)
"""Questions to which an answer from elsewhere could do harm: where one is likely, its topic is always offered."""

FALLBACK_INTENT = "nlu_fallback"
"""The name Rasa gives to a message it is unsure of."""


@dataclass(frozen=True)
class Turn:
    """One message and what the tab remembers; all that an engine ever gets.

    Args:
        text: What was typed, already redacted; None when a button was tapped.
        choice: The intent of the button tapped; None when something was typed.
        locale: The locale she chose, in Babel's spelling (`zh_Hans`).
        nation: `england`, `scotland`, `wales`, `northern_ireland`, or None where she has not said.
        topic: The intent answered in the turn before, or None.
    """

    text: str | None
    choice: str | None
    locale: str
    nation: str | None = None
    topic: str | None = None

    def metadata(self) -> dict[str, str | None]:
        """What an action may know of the turn: never the text."""
        return {"locale": self.locale, "nation": self.nation, "topic": self.topic}


@dataclass(frozen=True)
class Answer:
    """What is said in one turn.

    Args:
        replies: The replies, in order.
        choices: Buttons: intents, the likeliest or next ones.
        topic: The intent answered, for the tab to remember; the one before where nothing was understood.
        danger: Whether the emergency card stands on top.
        answered: False for a fallback.
        locale: The language it is in: hers, or the one she asked for in words.
        ranking: Probability by intent, likeliest first; empty for a tapped choice.
    """

    replies: tuple["Reply", ...]
    choices: tuple[str, ...]
    topic: str | None
    danger: bool
    answered: bool
    locale: str
    ranking: Mapping[str, float] = field(default_factory=dict)


class Engine(Protocol):
    """Anything that can take a turn.

    Attributes:
        ready: Whether it can take one now.
    """

    @property
    def ready(self) -> bool: ...

    async def turn(self, turn: Turn) -> Answer:
        """Answers one turn.

        Raises:
            EngineUnavailableError: The engine cannot answer now.
        """
        ...


def danger_in(ranking: Mapping[str, float]) -> float:
    """The summed probability that a message speaks of danger (0 to 1)."""
    return sum(ranking.get(intent, 0.0) for intent in DANGER_INTENTS)


def as_json(value: Any) -> Any:
    """Tuples as lists, so that JSON and Rasa's events carry the same shape."""
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value
