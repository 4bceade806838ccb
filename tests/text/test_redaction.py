"""What could tell who somebody is goes; what the answer depends on stays."""

import json
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.content.examples import all_examples
from bot.text.redaction import MASK, UNSEEN, redact

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parent / "identifiers.jsonl").read_text(encoding="utf-8").splitlines()
]

HOSTILE = [
    "9" * 4000,
    "1 " * 2000,
    "a@" * 2000,
    "a." * 2000,
    "my name is " * 360,
    "+44(" * 1000,
    "AB12 " * 800,
    "12 High " * 500,
    "one two " * 500,
    "\u200b9" * 2000,
    "a_" * 2000,
    "1:" * 2000,
    "passport number is " * 200,
]
"""Texts that send a careless pattern back and forth."""


def _share(field: str, *, stays: bool) -> tuple[float, list[str]]:
    """The share of the substrings in a field that fared as they should, and those that did not."""
    wrong, total = [], 0
    for vector in VECTORS:
        text = redact(vector["text"], locale=vector["lang"].replace("-", "_")).text
        for part in vector[field]:
            total += 1
            if (part in text) != stays:
                wrong.append(f"{vector['lang']}: {part}")
    return 1 - len(wrong) / total, wrong


def test_secrets_go() -> None:
    """97 in a hundred of what identifies."""
    share, wrong = _share("go", stays=False)
    assert share >= 0.97, wrong


def test_the_rest_stays() -> None:
    """98 in a hundred of forms, amounts, ages, dates and short numbers."""
    share, wrong = _share("stay", stays=True)
    assert share >= 0.98, wrong


def test_the_vectors_are_in_many_languages() -> None:
    """Each vector's parts stand in its text, so that none passes by a slip of the pen."""
    for vector in VECTORS:
        assert all(part in vector["text"] for part in (*vector["go"], *vector["stay"])), vector["text"]
    assert len(VECTORS) >= 400
    assert len(Counter(vector["lang"] for vector in VECTORS)) >= 30


def test_our_own_examples_stay_as_they_are() -> None:
    """Nobody's details stand in them: of 36,000 messages hardly one is touched, and so hardly one misunderstood."""
    touched = total = 0
    for locale, texts in all_examples().items():
        for text in texts:
            total += 1
            touched += bool(redact(text, locale=locale).kinds)
    assert touched / total < 0.002


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ring me on 07700 900123", ("number",)),
        ("mail saima@example.org or come to SW1A 1AA", ("email", "postcode")),
        ("my name is Saima Bibi", ("name",)),
        ("GWF012345678", ("reference",)),
        ("the card is 4111 1111 1111 1111", ("bank",)),
        ("i was born 12/03/1994", ("birth",)),
        ("he hits me since 3 months", ()),
    ],
)
def test_it_tells_the_kinds(text: str, kinds: tuple[str, ...]) -> None:
    """She is told that something went, by kind and never by what it was."""
    assert redact(text).kinds == kinds


@pytest.mark.parametrize(
    "text",
    [
        "call 999 and press 55, or 101, or 116 123",
        "SET(DV), FLR(M), MVDAC, Appendix VDA, C100, FL401, I-589",
        "it costs £3,029 or 500 pounds, visa ends 12/03/2027, since 2019, my son is 7, 24/7",
    ],
)
def test_what_the_answer_depends_on_survives(text: str) -> None:
    """Names of forms and visas, short numbers, amounts, dates, ages."""
    assert redact(text).text == text


def test_zero_width_letters_do_not_hide_a_number() -> None:
    """A number typed around what cannot be seen is found all the same."""
    assert redact("0\u200b7700\u2060 900\u200e123").text == MASK


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_no_harm(text: str) -> None:
    """It comes back, no longer than it was but for the masks; how long that takes, `benchmark` tells."""
    redacted = redact(text)
    assert len(redacted.text.replace(MASK, "")) <= len(text)


MANY = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
around = st.text(alphabet=st.characters(exclude_categories=("Cs", "Nd", "Mn", "Mc", "Cf", "Lm")), max_size=60)
digits = st.text(alphabet="0123456789", min_size=9, max_size=9)
words = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=10)


@MANY
@given(st.text(max_size=500))
def test_any_text_is_redacted(text: str) -> None:
    """Nothing breaks it; where nothing was found, only what cannot be seen is changed."""
    redacted = redact(text)
    assert bool(redacted.kinds) == (MASK in redacted.text) or MASK in text
    if not redacted.kinds:
        assert redacted.text == UNSEEN.sub("", text)


@MANY
@given(around, digits, around)
def test_a_mobile_number_goes_whatever_stands_around_it(before: str, number: str, after: str) -> None:
    """With white space on both sides, every valid UK mobile number."""
    mobile = f"07{number}"
    if not phonenumbers.is_valid_number(phonenumbers.parse(mobile, "GB")):
        return
    assert mobile not in redact(f"{before} {mobile} {after}").text


@MANY
@given(around, words, words, around)
def test_an_address_of_mail_goes_whatever_stands_around_it(before: str, name: str, host: str, after: str) -> None:
    """With white space on both sides."""
    mail = f"{name}@{host}.com"
    assert mail not in redact(f"{before} {mail} {after}").text


@MANY
@given(st.text(alphabet=st.characters(categories=("Ll", "Lo", "Zs")), max_size=200))
def test_letters_alone_hold_no_number(text: str) -> None:
    """Whatever goes from them is a name, or a number in words."""
    assert set(redact(text).kinds) <= {"name", "phone"}
