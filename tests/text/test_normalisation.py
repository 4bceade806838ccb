"""One spelling for what phones spell in many ways."""

import pytest

from bot.text.normalisation import normalise, sentences, sounds


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Heeeelp meeee", "heelp mee"),
        ("مجھے", "مجهے"),
        ("شوهري", "شوھری"),
        ("مُحَمَّد", "محمد"),
        ("٩٩٩ ۹۹۹ ९९९", "999 999 999"),
        ("po\u200blice\u00ad", "police"),
        ("ＶＩＳＡ", "visa"),
    ],
)
def test_two_spellings_of_one_text_meet(typed: str, same: str) -> None:
    """Stretched letters, keyboards, vowel signs, digits, invisible characters, wide letters."""
    assert normalise(typed) == normalise(same)


def test_an_emergency_number_keeps_its_three_nines() -> None:
    """Stretched letters are shortened, digits are not."""
    assert normalise("999") == "999"


@pytest.mark.parametrize(
    ("roman", "native"), [("marta", "مارتا"), ("maarta", "मारता"), ("visa", "ویزا"), ("shohar", "शौहर")]
)
def test_romanised_words_sound_like_their_native_spelling(roman: str, native: str) -> None:
    """Roman Urdu meets Urdu and Hindi, whatever vowels she types."""
    assert sounds(roman) == sounds(native)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "He hits me. I came in 2021. Will they send me back?",
            ["He hits me.", "I came in 2021.", "Will they send me back?"],
        ),
        (
            "He hits me every day. Will they send me back? Please",
            ["He hits me every day.", "Will they send me back? Please"],
        ),
        ("وہ مجھے مارتا ہے۔ کیا میں پولیس کو بلا سکتی ہوں؟", ["وہ مجھے مارتا ہے۔", "کیا میں پولیس کو بلا سکتی ہوں؟"]),
        ("他每天都打我。我报警会被遣返吗？", ["他每天都打我。", "我报警会被遣返吗？"]),
    ],
)
def test_a_long_message_falls_into_sentences(text: str, parts: list[str]) -> None:
    """In the full stops of many scripts; what is too short to speak alone joins the one before."""
    assert sentences(text) == parts


@pytest.mark.parametrize("text", ["", "help", "Will they send me back?", "help. me", "..."])
def test_one_sentence_is_taken_whole(text: str) -> None:
    """A short message has nothing to split."""
    assert sentences(text) == []
