"""Which language a text is in, as far as its letters show."""

import unicodedata
from collections import Counter

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


def tokenizer_locale(text: str) -> str:
    """The locale whose tokenizer suits the script most letters of a text are in."""
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha())
    if not scripts:
        return OTHER_LOCALE
    return SCRIPT_LOCALES.get(scripts.most_common(1)[0][0].split("-")[0], OTHER_LOCALE)
