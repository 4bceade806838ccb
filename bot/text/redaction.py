"""Takes out of a text what could tell who somebody is, before anything else sees it: numbers, addresses, names."""

import runpy
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers
import regex  # type: ignore[import-untyped]
import spacy
from presidio_analyzer import Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, IbanRecognizer

from bot import paths

MASK = "•••"
"""Stands where something was taken out."""

UNSEEN = regex.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Takes no room on the screen; between the digits of a number it would hide the number."""

O_FOR_ZERO = regex.compile(r"(?<=\d)o(?=[\do .-])|(?<=\do)o|(?<![^\W\d_])o(?=o?\d)|(?<=\d )o(?=o)", regex.IGNORECASE)
DIGIT = regex.compile("[0-9]")
MONEY = regex.compile(r"[£$€₹৳]\s?$")
MONEY_AFTER = regex.compile(r"\s?(?:£|\$|€|pounds?|quid|gbp|usd|euros?|rupees?|taka|lakhs?|k\b)", regex.IGNORECASE)
YEARS = regex.compile(r"(?:19|20)\d\d(?: ?[-/] ?| )(?:19|20)\d\d")
CURRENCIES = frozenset({"gbp", "usd", "eur", "pkr", "inr", "bdt", "rs"})
NAME_WORDS = 4
LATIN_OR_ALIKE = regex.compile(r"[\p{Latin}\p{Cyrillic}]")
HAN = regex.compile(r"\p{Han}")
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
AFTER_SURNAME = frozenset("，。、！？；：,.!?;: \n是在的今我他她您你有和跟从来住被想要")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with nothing in it that tells who somebody is, as far as we can see.

    Attributes:
        text: The text; `MASK` stands where something was.
        kinds: What was taken out, each kind once, in alphabetical order: `email`, `number`, `name` and so on.
    """

    text: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Stops:
    """Words that are no name.

    Attributes:
        all: In any of our languages: she may write in any.
        own: In English and the language of the page; even with a capital they are no name.
    """

    all: frozenset[str]
    own: frozenset[str]


def redact(raw_text: str, *, locale: str | None = None) -> Redacted:
    """Takes identifying details out of a text.

    Args:
        raw_text: What was typed.
        locale: The language of the page, where it is known. Patterns of all languages are tried whatever it is, for
            she may write in another; the locale only lends its stop words to what stands after “my name is”.
    """
    text = UNSEEN.sub("", raw_text)
    view = _view(text)
    found: list[tuple[int, int, str]] = []
    for recognizer in _recognizers():
        if recognizer.needs_digit and not DIGIT.search(view):
            continue
        entity = recognizer.supported_entities[0]
        for result in recognizer.analyze(view, [entity]):
            found.append((result.start, result.end, entity))
    found += _phones(view) + list(_names(text, locale))
    pieces, kinds, end = [], set(), 0
    for start, stop, kind in _joined(found):
        pieces += [text[end:start], MASK]
        kinds.add(kind)
        end = stop
    return Redacted("".join([*pieces, text[end:]]), tuple(sorted(kinds)))


def _view(text: str) -> str:
    """The text, letter for letter, with digits as 0–9, dashes as -, spaces as blanks, and o for zero among digits."""
    letters = []
    for letter in text:
        if letter.isascii():
            letters.append(" " if letter == "\t" else letter)
        elif letter.isdecimal():
            letters.append(str(unicodedata.decimal(letter)))
        else:
            category = unicodedata.category(letter)
            wide = unicodedata.normalize("NFKC", letter) if "\uff01" <= letter <= "\uff5e" else letter
            letters.append("-" if category == "Pd" else " " if category == "Zs" else wide)
    return str(O_FOR_ZERO.sub("0", "".join(letters)))


class _Identifier(PatternRecognizer):
    """The patterns of one kind that share a check. A pattern's first group is what goes; else all of it."""

    def __init__(self, kind: str, expressions: list[str], check: str, exact: bool) -> None:
        patterns = [Pattern(f"{kind}{number}", expression, 1.0) for number, expression in enumerate(expressions)]
        flags = regex.V0 if exact else regex.IGNORECASE
        super().__init__(
            kind, name=f"{kind}-{check}", supported_language="xx", patterns=patterns, global_regex_flags=flags
        )
        self.check = CHECKS[check]
        self.needs_digit = kind in ("birth", "address", "plate", "postcode", "bank", "reference")
        self.compiled = [regex.compile(expression, flags) for expression in expressions]

    def analyze(self, text: str, entities: list[str], *_: Any, **__: Any) -> list[RecognizerResult]:
        """Presidio's own loop, but with the text around a find before the check, and the first group."""
        results = []
        for expression in self.compiled:
            for match in expression.finditer(text):
                group = 1 if expression.groups and match.group(1) else 0
                start, end = match.span(group)
                if self.check(text, start, end):
                    results.append(RecognizerResult(entities[0], start, end, 1.0))
        return results


def for_the_browser() -> dict[str, Any]:
    """The plain kinds, as `mask.js` reads them: kind, then patterns with `check` and `case`."""
    raw, _ = paths.read_mapping(paths.IDENTIFIERS)
    return dict(raw["plain"])


@cache
def _recognizers() -> list[_Identifier]:
    raw, _ = paths.read_mapping(paths.IDENTIFIERS)
    found: list[_Identifier] = []
    for side in ("plain", "server"):
        for kind, patterns in raw[side].items():
            alike: dict[tuple[str, bool], list[str]] = {}
            for pattern in patterns:
                key = (pattern.get("check", "none"), pattern.get("case") == "exact")
                alike.setdefault(key, []).append(pattern["pattern"])
            found += [_Identifier(kind, expressions, check, exact) for (check, exact), expressions in alike.items()]
    return found


def _colons(text: str, start: int, end: int) -> bool:
    """A network address, not a time."""
    return text.count(":", start, end) > 2 or "::" in text[start:end]


def _iban(text: str, start: int, end: int) -> bool:
    return bool(_presidio_iban().validate_result(text[start:end].replace(" ", "").upper())) or end - start >= 18


def _card(text: str, start: int, end: int) -> bool:
    return bool(_presidio_card().validate_result(text[start:end]))


@cache
def _presidio_iban() -> IbanRecognizer:
    return IbanRecognizer()


@cache
def _presidio_card() -> CreditCardRecognizer:
    return CreditCardRecognizer()


def _not_money(text: str, start: int, end: int) -> bool:
    letters = regex.match(r"[a-zA-Z]*", text[start:end])
    return not letters or letters.group().lower() not in CURRENCIES


def _not_date(text: str, start: int, end: int) -> bool:
    return not _is_date(text[start:end])


def _slash(text: str, start: int, end: int) -> bool:
    """A reference with strokes, such as 13/245678/24; a bare number is `number`'s."""
    return "/" in text[start:end] and not _is_date(text[start:end])


def _number(text: str, start: int, end: int) -> bool:
    """A telephone number or other long number: no amount, no date, no years, no row of small numbers."""
    found = text[start:end]
    before, after = text[max(0, start - 3) : start], text[end : end + 9]
    if MONEY.search(before) or MONEY_AFTER.match(after) or YEARS.fullmatch(found) or _is_date(found):
        return False
    groups = regex.findall(r"\d+", found)
    starts_like_phone = found[0] in "+0("
    if not starts_like_phone and all(len(group) <= 3 for group in groups) and len(groups) > 4:
        return sum(map(len, groups)) >= 10 and any(len(group) > 2 for group in groups)
    if not starts_like_phone and all(len(group) <= 2 for group in groups):
        return False
    if any(_is_date(found[match.start() : match.end()]) for match in DATE.finditer(found)) and len(groups) <= 4:
        return False
    return not (len(groups) == 2 and all(YEAR.fullmatch(group) for group in groups))


YEAR = regex.compile(r"(?:19|20)\d\d")
DATE = regex.compile(r"(?<!\d)(\d{1,4})([ ./-]{1,2})(\d{1,2})\2(\d{2,4})(?!\d)")


def _is_date(found: str) -> bool:
    """Whether digits can be read as a day, in any order Europe or Asia uses, Solar Hijri years too."""
    match = DATE.fullmatch(found.strip(" ()"))
    if match is None:
        return False
    first, _, middle, last = match.groups()
    for day, year in ((first, last), (last, first)):
        for one, other in ((day, middle), (middle, day)):
            if len(year) in (2, 4) and len(day) <= 2 and _day(int(one), int(other), int(year)):
                return True
    return False


def _day(day: int, month: int, year: int) -> bool:
    full = year + 2000 if year < 100 else year
    if 1300 <= full <= 1450:
        return 1 <= day <= 31 and 1 <= month <= 12
    try:
        return 1900 <= date(full, month, day).year <= 2100
    except ValueError:
        return False


CHECKS = {
    "none": lambda text, start, end: True,
    "colons": _colons,
    "iban": _iban,
    "card": _card,
    "money": _not_money,
    "slash": _slash,
    "not_date": _not_date,
    "number": _number,
}


def _phones(view: str) -> list[tuple[int, int, str]]:
    """What Google's tables know as a telephone number that may be rung from Britain."""
    matcher = phonenumbers.PhoneNumberMatcher(view, "GB", leniency=phonenumbers.Leniency.VALID, max_tries=20)
    return [(match.start, match.end, "number") for match in matcher if not _is_date(match.raw_string)]


def _names(text: str, locale: str | None) -> Iterable[tuple[int, int, str]]:
    """What stands after “my name is”, up to the next word that is no name."""
    introductions, weak, around = _introductions()
    stops = _stop_words(locale)
    for match in introductions.finditer(text):
        end = _name_end(text, match.end(), stops, capitals=False)
        if end > match.end():
            yield (*_trimmed(text, match.end(), end), "name")
    for match in weak.finditer(text):
        end = _name_end(text, match.end(), stops, capitals=True)
        if len(text[match.end() : end].split()) >= 2:
            yield (*_trimmed(text, match.end(), end), "name")
    for match in around.finditer(text):
        if not any(word.casefold() in stops.all for word in match.group(1).split()):
            yield (*match.span(1), "name")


NAME_WORD = regex.compile(r"\s*([\p{L}\p{M}'’ʼ\u200c\u200d-]+)")
PARTICLES = frozenset(
    {"al", "el", "bin", "binti", "bint", "ibn", "de", "da", "dos", "van", "von", "di", "ul", "ur", "abu"}
)


def _name_end(text: str, start: int, stops: _Stops, *, capitals: bool) -> int:
    """Where a name that begins at `start` ends; `start` itself where there is none."""
    if HAN.match(text, start):
        return _han_name_end(text, start)
    end, first_is_capital = start, False
    for count in range(NAME_WORDS):
        match = NAME_WORD.match(text, end)
        if match is None or "\n" in text[end : match.start(1)]:
            break
        word = match.group(1)
        capital = word[0].isupper()
        cased = bool(LATIN_OR_ALIKE.match(word[0]))
        plain = word.casefold().rstrip("'’-")
        if count == 0:
            first_is_capital = capital
        particle = count and plain in PARTICLES and first_is_capital and NAME_WORD.match(text, match.end())
        if plain in (stops.own if cased and capital else stops.all) and not particle:
            break
        if cased and capitals and not capital:
            break
        if cased and count and not capital and (first_is_capital or count > 1) and plain not in PARTICLES:
            break
        if not cased and count > 1:
            break
        end = match.end(1)
    return end


def _han_name_end(text: str, start: int) -> int:
    if text[start] not in SURNAMES:
        return start
    for length in (3, 2):
        end = start + length
        if all(HAN.match(letter) for letter in text[start:end]) and (end >= len(text) or text[end] in AFTER_SURNAME):
            return end
    return min(start + 3, len(text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end


@cache
def _introductions() -> tuple[Any, Any, Any]:
    raw, _ = paths.read_mapping(paths.IDENTIFIERS)
    spaced = sorted({phrase for phrases in raw["names"].values() for phrase in phrases}, key=len, reverse=True)
    link = r"(?:\s?[:=–-]|\s(?:is|are|waa|ni|ay|est|hai|ہے|है|to)(?=\s))?"
    unspaced = [regex.escape(p) for p in spaced if HAN.match(p)]
    whole = rf"(?<![\p{{L}}\p{{M}}\d])\L<phrases>(?![\p{{L}}\p{{M}}]){link}\s*"
    strong = regex.compile(
        rf"(?:{whole}|(?:{'|'.join(unspaced)})\s?)",
        regex.IGNORECASE,
        phrases=[p for p in spaced if not HAN.match(p)],
    )
    weak_words = "|".join(regex.escape(p) for p in raw["weak_names"])
    weak = regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{weak_words})\s+", regex.IGNORECASE)
    word = r"[\p{L}\p{M}'-]{2,20}"
    pairs = "|".join(rf"(?:{before})\s+({word}(?:\s{word})?)\s+(?:{after})" for before, after in raw["around"])
    around = regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?|{pairs})(?![\p{{L}}\p{{M}}])", regex.IGNORECASE)
    return strong, weak, around


STOP_LANGUAGES = (
    *("en", "ur", "hi", "bn", "gu", "ta", "ar", "fa", "tr", "pl", "ro", "sq"),
    *("es", "pt", "fr", "it", "de", "uk", "ru", "tl", "yo", "am", "ti"),
)


@cache
def _stop_words(locale: str | None) -> _Stops:
    raw, _ = paths.read_mapping(paths.IDENTIFIERS)
    ours = frozenset(word.casefold() for word in str(raw["not_names"]).split())
    code = (locale or "en").split("_")[0]
    return _Stops(ours.union(*map(_spacy_stops, STOP_LANGUAGES)), ours | _spacy_stops("en") | _spacy_stops(code))


@cache
def _spacy_stops(code: str) -> frozenset[str]:
    # The file alone: importing the whole language compiles its tokenizer, which takes French six seconds.
    source = Path(spacy.__path__[0], "lang", code, "stop_words.py")
    if code == "vi" or not source.exists():  # Vietnamese ones are syllables that names are made of as well.
        return frozenset()
    return frozenset(word.casefold() for word in runpy.run_path(str(source))["STOP_WORDS"])


def _joined(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Finds that overlap, as one; the longest gives the kind."""
    joined: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(found):
        if joined and start < joined[-1][1]:
            begin, stop, other = joined[-1]
            kind = kind if end - start > stop - begin else other
            joined[-1] = (begin, max(stop, end), kind)
        else:
            joined.append((start, end, kind))
    return joined
