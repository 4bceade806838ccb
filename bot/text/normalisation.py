"""One spelling for what phones spell in many ways: letter variants, marks, stretched letters, other scripts."""

import re
import unicodedata

from anyascii import anyascii

ALIKE = str.maketrans("أإآٱىیېئكةۃھہۀەؤ’‘`´", "ااااييييکههههههو''''")
"""Arabic, Persian, Urdu and Kurdish keyboards give different code points for letters that sound or look the same."""

MARKS = re.compile("[\u00ad\u0640\u064b-\u0652\u0670\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
"""What is written and not read: Arabic vowel signs, tatweel, soft hyphens, zero-width and direction marks."""

STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
SENTENCE_END = re.compile(r"(?<=[.!?؟۔।॥።。！？…])[\s\"')\]]*\s|(?<=[。！？።])|\n+")
"""Where a sentence ends, in the scripts we examine."""

FEWEST_WORDS, FEWEST_BYTES = 4, 16
"""A shorter sentence, such as “please help”, says too little alone; Chinese has no spaces, but longer letters."""

SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z0-9 ]+", ""),
        ("ph", "f"),
        ("[ckgbdtj]h", lambda found: found.group()[0]),
        ("sh", "s"),
        ("q|ck", "k"),
        ("w", "v"),
        ("x", "ks"),
        ("z", "s"),
        ("(?<=[a-z])[aeiouy]+", ""),
        (r"([a-z])\1+", r"\1"),
    )
]
"""Spellings of one sound in romanised text; vowels go, for everybody writes them differently."""


def normalise(text: str) -> str:
    """A text in small letters with one code point for each letter, digits as 0–9, and no stretched letters."""
    text = MARKS.sub("", unicodedata.normalize("NFKC", text)).casefold().translate(ALIKE)
    text = "".join(str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in text)
    return STRETCHED.sub(r"\1\1", text)


def sounds(text: str) -> str:
    """The consonants of a text in Latin letters, so that مارتا, मारता and maarta meet in `mrt`."""
    written = anyascii(text).lower()
    for pattern, sound in SOUNDS:
        written = pattern.sub(sound, written)
    return written


def sentences(text: str) -> list[str]:
    """The sentences of a text, where there are several; else none. A very short one joins the one before it."""
    found: list[str] = []
    for part in SENTENCE_END.split(text):
        sentence = (part or "").strip()
        if found and len(sentence.split()) < FEWEST_WORDS and len(sentence.encode()) < FEWEST_BYTES:
            found[-1] = f"{found[-1]} {sentence}".strip()
        elif sentence:
            found.append(sentence)
    return found if len(found) > 1 else []
