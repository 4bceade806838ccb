"""Every decoder, with whatever a machine can invent: it reads, or it says which field is at fault."""

import json
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.content.replies import Content
from bot.gateway.app import make_app
from bot.gateway.turns import KEYS, MAX_TEXT, BadTurnError, clean_text, read_turn
from bot.i18n import locale_of
from bot.text.danger import speaks_of_danger
from bot.text.normalisation import normalise, sentences, sounds
from tests.doubles import AbsentEngine

CONTENT = Content.read()
MANY = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
half_right = st.dictionaries(
    st.sampled_from(KEYS) | st.text(max_size=6),
    anything | st.sampled_from(["en", "ur", "england", "housing", "/restart"]),
    max_size=6,
)


@MANY
@given(half_right)
def test_fields_are_read_or_refused_by_name(fields: dict[str, Any]) -> None:
    """A turn comes out whole, or the fault names a field of ours and what is allowed in it."""
    try:
        turn, _ = read_turn(fields, CONTENT)
    except BadTurnError as error:
        assert error.field in (*KEYS, "body")
        assert error.allowed
        return
    assert turn.locale in CONTENT.languages
    assert (turn.text is None) != (turn.choice is None)
    assert turn.choice is None or turn.choice in CONTENT.intents


@MANY
@given(st.text(max_size=MAX_TEXT + 50))
def test_a_cleaned_text_is_neither_empty_nor_long(text: str) -> None:
    """And can be written as UTF-8."""
    try:
        cleaned = clean_text(text)
    except BadTurnError:
        return
    assert 0 < len(cleaned) <= MAX_TEXT
    cleaned.encode()


@MANY
@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=300))
def test_what_looks_at_a_text_takes_any(text: str) -> None:
    """Normalising, sentences, sounds and words of danger know no text that breaks them."""
    assert normalise(normalise(text)) == normalise(text)
    assert isinstance(sounds(text), str)
    assert all(sentence.strip() for sentence in sentences(text))
    assert speaks_of_danger(text) in (True, False)
    assert isinstance(locale_of(text), str)


@MANY
@given(
    body=st.binary(max_size=200) | half_right.map(lambda fields: json.dumps(fields, default=str).encode()),
    kind=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a", ""]
    ),
    path=st.sampled_from(["/", "/api/turn"]),
)
async def test_bodies_are_read_or_refused(body: bytes, kind: str, path: str) -> None:
    """Over HTTP: a refusal, or 503 from an engine that is not there; never 500."""
    async with TestClient(TestServer(make_app(AbsentEngine(), CONTENT))) as client:
        answer = await client.post(path, data=body, headers={"Content-Type": kind})
        assert answer.status in (400, 413, 415, 503)
