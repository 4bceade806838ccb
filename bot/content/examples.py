"""Examples: what people may type for each intent; reading `data/nlu`."""

import re
from pathlib import Path

from bot import paths


def read_examples(path: Path) -> dict[str, list[str]]:
    """The examples of one file of `data/nlu`, by intent."""
    raw, _ = paths.read_mapping(path)
    return {
        block["intent"]: [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
        for block in raw.get("nlu", ())
    }


def plain(text: str) -> str:
    """A text in small letters without punctuation, to find what stands twice."""
    return re.sub(r"\W+", " ", text.casefold()).strip()
