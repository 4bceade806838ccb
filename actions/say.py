"""What every action needs: the content, the turn out of the tracker, and saying a reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.content.replies import Content, Reply
from bot.content.topics import NATIONS, TALK_TOPICS
from bot.engine import FALLBACK_INTENT, NEVER_REASSURED
from bot.i18n import SOURCE

SECOND_QUESTION = 0.125
"""Probability from which a second question is offered as a button."""

NOT_TO_BE_MISSED = 0.02
"""Probability from which a question that must not get a wrong reassurance is offered as a button."""


@cache
def content() -> Content:
    """Everything we can say, read at the first call."""
    return Content.read()


@dataclass(frozen=True)
class ActionTurn:
    """What an action may know: no text.

    Args:
        intent: The likeliest intent.
        ranking: Intents, likeliest first.
        seconds: What else the message may ask: a likely second guess, and whatever must not be missed.
        locale: Her language; English on a channel that sends none, such as `rasa shell`.
        nation: Where she is, or None.
        topic: The intent answered before, or None.
        in_words: Whether the channel wants text (a terminal) rather than a reply to show.
    """

    intent: str
    ranking: tuple[str, ...]
    seconds: tuple[str, ...]
    locale: str
    nation: str | None
    topic: str | None
    in_words: bool


def turn_of(tracker: Tracker) -> ActionTurn:
    """Reads the turn from the tracker; metadata of a stranger's channel is not trusted."""
    message = tracker.latest_message
    metadata = message.get("metadata") or {}
    ranking = message.get("intent_ranking") or []
    locale: str = metadata.get("locale") or SOURCE
    nation, topic = metadata.get("nation"), metadata.get("topic")
    return ActionTurn(
        intent=message["intent"]["name"],
        ranking=tuple(entry["name"] for entry in ranking),
        seconds=_seconds(ranking),
        locale=locale if locale in content().languages else SOURCE,
        nation=nation if nation in NATIONS else None,
        topic=topic if topic in content().topics else None,
        in_words="locale" not in metadata,
    )


def _seconds(ranking: list[dict[str, Any]]) -> tuple[str, ...]:
    """What else a message may ask: a second guess with an eighth of the probability, and what must not be missed."""
    rest = [entry for entry in ranking[1:] if entry["name"] not in (*TALK_TOPICS, FALLBACK_INTENT)]
    likely = [entry["name"] for entry in rest[:1] if entry["confidence"] >= SECOND_QUESTION]
    grave = [e["name"] for e in rest if e["name"] in NEVER_REASSURED and e["confidence"] >= NOT_TO_BE_MISSED]
    return tuple(dict.fromkeys([*likely, *grave]))


def say(dispatcher: CollectingDispatcher, reply: Reply, turn: ActionTurn, choices: Sequence[str]) -> None:
    """Hands a reply and its buttons to Rasa: as text for a terminal, whole for our gateway."""
    if turn.in_words:
        labels = [content().title(choice, turn.locale).text for choice in choices]
        dispatcher.utter_message(text=reply.as_text() + "".join(f"\n  → {label}" for label in labels))
    else:
        dispatcher.utter_message(json_message={"reply": reply.as_event(), "choices": list(choices)})
