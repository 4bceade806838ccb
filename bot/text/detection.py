"""Which language a text is in: by its letters for the tokenizer, by our own examples to offer her that language."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from bot.text.normalisation import normalise

SCRIPT_LOCALES = {
    "ARABIC": "ar",
    "BENGALI": "bn",
    "GURMUKHI": "pa",
    "DEVANAGARI": "hi",
    "GUJARATI": "gu",
    "TAMIL": "ta",
    "ETHIOPIC": "am",
    "CYRILLIC": "uk",
    "CJK": "zh",
}
"""The tokenizer that suits a script, whichever language it writes."""

OTHER_LOCALE = "en"

RELATIVES = (
    frozenset({"ur_Latn", "hi_Latn", "pa_Latn"}),
    frozenset({"ur", "fa", "ps", "ckb"}),
    frozenset({"es", "pt", "it"}),
    frozenset({"uk", "ru"}),
    frozenset({"am", "ti"}),
)
"""Languages so close that a short text may be either."""

MARGIN, MARGIN_OF_RELATIVES = 6.0, 12.0
"""How much likelier (as a natural logarithm) a language must be than the next one, and than a close relative."""

FEWEST_WORDS, FEWEST_LETTERS = 3, 12
"""A shorter text is not judged: “ok police” is no language."""


def tokenizer_locale(text: str) -> str:
    """The locale whose tokenizer suits the script most letters of a text are in."""
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha())
    if not scripts:
        return OTHER_LOCALE
    return SCRIPT_LOCALES.get(scripts.most_common(1)[0][0].split("-")[0], OTHER_LOCALE)


class LanguageDetector:
    """Tells languages and written forms apart by groups of letters, as our own examples write them.

    No library we tried knows romanised Urdu, Sorani or Tigrinya (see docs/understanding.md).
    """

    def __init__(self, examples: Mapping[str, Collection[str]]) -> None:
        """Learns from examples by locale; a second for thirty thousand."""
        texts = [text for group in examples.values() for text in group]
        locales = [locale for locale, group in examples.items() for _ in group]
        self._letters = CountVectorizer(
            analyzer="char_wb", ngram_range=(1, 3), preprocessor=normalise, binary=True, max_features=30000
        )
        counts = self._letters.fit_transform(texts)
        self._model = MultinomialNB(alpha=0.05, fit_prior=False).fit(counts, locales)
        # By columns: scikit-learn multiplies by it turned, and would copy a million numbers for each text.
        self._model.feature_log_prob_ = np.asfortranarray(self._model.feature_log_prob_)

    def locale(self, text: str) -> str | None:
        """The locale a text is in; None where it is too short, or could as well be another."""
        if not _long_enough(text):
            return None
        scores = self._model.predict_log_proba(self._letters.transform([text]))[0]
        order = np.argsort(-scores)
        best = str(self._model.classes_[order[0]])
        for place in order[1:]:
            other = str(self._model.classes_[place])
            close = any({best, other} <= group for group in RELATIVES)
            if scores[order[0]] - scores[place] < (MARGIN_OF_RELATIVES if close else MARGIN):
                return None
        return best

    def offer(self, text: str, chosen: str, answered_in: Collection[str]) -> str | None:
        """The language to offer: the one she writes, where we answer in it and she has not chosen it; else None."""
        found = self.locale(text)
        if found is None:
            return None
        locale = next((known for known in (found, found.split("_")[0]) if known in answered_in), None)
        return None if locale == chosen else locale


def _long_enough(text: str) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    if any(unicodedata.name(letter, "").startswith("CJK") for letter in text):
        return letters * 2 >= FEWEST_LETTERS
    return letters >= FEWEST_LETTERS and len(text.split()) >= FEWEST_WORDS
