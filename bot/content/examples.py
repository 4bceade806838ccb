"""Examples: what people may type for each intent; reading `data/nlu`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot import paths

ALIKE = 0.8
"""Share of common groups of letters from which two texts count as the same."""


def read_examples(path: Path) -> dict[str, list[str]]:
    """The examples of one file of `data/nlu`, by intent."""
    raw, _ = paths.read_mapping(path)
    return {
        block["intent"]: [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
        for block in raw.get("nlu", ())
    }


def examples_by_intent() -> dict[str, dict[str, list[str]]]:
    """Every example of `data/nlu`, by locale and intent."""
    return {path.stem: read_examples(path) for path in sorted(paths.NLU.glob("*.yml"))}


def all_examples() -> dict[str, list[str]]:
    """Every example of `data/nlu`, by locale."""
    groups = examples_by_intent().items()
    return {locale: [text for texts in intents.values() for text in texts] for locale, intents in groups}


def flat(examples: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, str, str]]:
    """Each example by itself: its locale, its text, its intent; in their order."""
    for locale, intents in examples.items():
        for intent, texts in intents.items():
            yield from ((locale, text, intent) for text in texts)


def read_questions(path: Path) -> dict[str, list[str]]:
    """The held-out questions of one file of `tests/questions`, by intent."""
    raw, _ = paths.read_mapping(path)
    return {intent: [str(text) for text in texts] for intent, texts in raw.items() if isinstance(texts, list)}


def groups(text: str) -> frozenset[str]:
    """The groups of three letters of a text, to tell how much two texts have in common."""
    padded = f" {plain(text)} "
    return frozenset(padded[start : start + 3] for start in range(max(1, len(padded) - 2)))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two texts have four fifths of all their groups of letters in common."""
    if not ALIKE * len(one) <= len(other) <= len(one) / ALIKE:
        return False
    return len(one & other) >= ALIKE * len(one | other)


def plain(text: str) -> str:
    """A text in small letters without punctuation, to find what stands twice."""
    return re.sub(r"\W+", " ", text.casefold()).strip()
