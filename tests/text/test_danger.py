"""The lexicon of danger."""

import pytest

from bot import paths
from bot.text.danger import speaks_of_danger


@pytest.mark.parametrize(
    "text",
    [
        "he has a KNIFE",
        "us ke hath mein chaaku hai",
        "اس کے ہاتھ میں چھری ہے",
        "ma nóż",
        "他拿着刀",
        "انا عايزة أموت",
        "i dont want to live",
    ],
)
def test_a_word_of_danger_is_heard(text: str) -> None:
    """In large letters, romanised, in other scripts, without apostrophes."""
    assert speaks_of_danger(text)


@pytest.mark.parametrize("text", ["", "hello", "will I be deported if I report him", "penknives", "begun to cook"])
def test_other_words_are_not(text: str) -> None:
    """Only the beginning of a word counts."""
    assert not speaks_of_danger(text)


def test_every_language_has_a_lexicon() -> None:
    """No language of the examples is left out."""
    lexicon, problems = paths.read_mapping(paths.DANGER)
    assert not problems
    assert {path.stem for path in paths.NLU.glob("*.yml")} <= lexicon.keys()
