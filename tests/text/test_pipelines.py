"""Words are found the way each language is written."""

import pytest

from bot.text.detection import tokenizer_locale
from bot.text.pipelines import pipeline

SENTENCES = [
    ("en", "He won't let me leave.", "n't"),
    ("ur", "وہ مجھے مارتا ہے۔", "مارتا"),
    ("pl", "Boję się męża.", "męża"),
    ("ar", "زوجي يضربني.", "يضربني"),
    ("bn", "সে আমাকে মারে।", "মারে"),
    ("es", "Mi marido me pega.", "pega"),
    ("so", "Ninkaygu wuu i garaacaa.", "garaacaa"),
    ("vi", "Chồng tôi đánh tôi.", "đánh"),
]


@pytest.mark.parametrize(("locale", "sentence", "word"), SENTENCES)
def test_a_sentence_is_split_into_its_words(locale: str, sentence: str, word: str) -> None:
    """A real sentence of each language; the full stop is a token of its own."""
    tokens = [token.text for token in pipeline(locale)(sentence)]
    assert word in tokens
    assert len(tokens[-1]) == 1


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("میرا شوہر", "ar"),
        ("আমার স্বামী", "bn"),
        ("мой муж", "uk"),
        ("我丈夫", "zh"),
        ("mera shohar", "en"),
        ("؟!", "en"),
        ("", "en"),
        ("police کو بلایا تو", "ar"),
    ],
)
def test_the_tokenizer_follows_the_letters(text: str, locale: str) -> None:
    """Mixed text goes with most of its letters."""
    assert tokenizer_locale(text) == locale
