"""One blank spaCy pipeline a language: words, split the way the language is written."""

from functools import cache

import spacy
from spacy.language import Language

NO_PIPELINE = frozenset({"pa", "ckb", "ps", "so", "sw", "vi"})
"""Languages spaCy has none for: the pipeline for any language, `xx`, serves.

Vietnamese is among them: without pyvi, one more model, spaCy leaves the full stop on the word."""


@cache
def pipeline(locale: str) -> Language:
    """The spaCy pipeline of a locale: a tokenizer and nothing else, made at first use."""
    code = locale.split("_")[0]
    if code in NO_PIPELINE:
        code = "xx"
    try:
        return spacy.blank(code)
    except ImportError:
        return spacy.blank("xx")
