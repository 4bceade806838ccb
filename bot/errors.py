"""What can go wrong, said so that a person can mend it; never with a word that somebody typed."""

from collections.abc import Sequence
from dataclasses import dataclass


class BotError(Exception):
    """Base of every error of ours."""


@dataclass(frozen=True, order=True)
class Problem:
    """One fault in a file.

    Args:
        path: The file, and the key in it where there is one (`data/topics/money.yml: say[2]`).
        fault: What is wrong.
        remedy: What would be right.
    """

    path: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}; {self.remedy}"


class ContentError(BotError):
    """The words, organisations or catalogs cannot be used; carries every fault at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EngineUnavailableError(BotError):
    """The engine cannot answer now: it is loading, or it failed."""


class EncoderError(BotError):
    """The sentence encoder cannot be read, built or taught."""
