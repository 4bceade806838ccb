"""A small lexicon of danger a language: hears what the classifier is unsure of, so that no cry is missed."""

import re
from functools import cache

from bot import paths
from bot.text.normalisation import normalise

UNSPACED = re.compile("[\u4e00-\u9fff]")
"""Chinese is written without spaces: a word may stand anywhere."""


def speaks_of_danger(text: str) -> bool:
    """Whether a word of danger stands in a text, in any of our languages."""
    return _lexicon().search(normalise(text)) is not None


@cache
def _lexicon() -> re.Pattern[str]:
    raw, _ = paths.read_mapping(paths.DANGER)
    words = sorted({normalise(str(word)) for group in raw.values() for word in group})
    return re.compile(
        "|".join(re.escape(word) if UNSPACED.search(word) else rf"(?<!\w){re.escape(word)}" for word in words)
    )
