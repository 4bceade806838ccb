"""The chat: one turn as JSON, and the same turn as a plain form."""

import asyncio
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.content.replies import Content
from bot.content.topics import NATIONS
from bot.engine import Answer, Turn
from bot.gateway import pages
from bot.gateway.keys import CONTENT, DETECTOR, ENGINE
from bot.i18n import locale_of, tag_of
from bot.text.redaction import redact

MAX_TEXT = 1000
"""Characters of a question."""

KEYS = ("text", "choice", "locale", "nation", "topic")
SPACES = frozenset("\t\n\r")


class BadTurnError(web.HTTPBadRequest):
    """A turn that cannot be read; says which field and what is allowed, never what was sent.

    Args:
        field: The field.
        allowed: What is allowed in it.
        word: The key of the page's word for it.
    """

    def __init__(self, field: str, allowed: str, word: str = "bad_request") -> None:
        super().__init__()
        self.field, self.allowed, self.word = field, allowed, word


async def json_turn(request: web.Request) -> web.Response:
    """`POST /api/turn`: see `house.md` §2 for the wire."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    content = request.app[CONTENT]
    turn, removed = read_turn(_json_object(await request.read()), content)
    answer, offer = await _answered(request, turn)
    extra = {"offer_locale": offer, "removed": list(removed)}
    return web.json_response(on_the_wire(answer, content) | extra)


async def page_turn(request: web.Request) -> web.Response:
    """`POST /`: the same turn from a form, answered as a page, or as its new part for the script."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    content = request.app[CONTENT]
    try:
        form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    except (ValueError, LookupError):
        raise BadTurnError("body", "a form in UTF-8") from None
    fields: dict[str, Any] = {key: form.get(key) or None for key in KEYS}
    fields["locale"] = form.get("set_locale") or fields["locale"]
    fields["nation"] = form.get("set_nation") or fields["nation"]
    if fields["choice"]:
        fields["text"] = None
    if "set_locale" in form or "set_nation" in form:
        fields |= {"text": None, "choice": fields["topic"] or "greet"}
    turn, removed = read_turn(fields, content)
    request["locale"] = turn.locale
    answer, offer = await _answered(request, turn)
    turn = replace(turn, locale=answer.locale)
    return pages.answer_page(request, turn, answer, offer, removed=removed, fragment="fragment" in form)


async def _answered(request: web.Request, turn: Turn) -> tuple[Answer, str | None]:
    """The answer; and the tag of the language to offer, none where she has just named one."""
    answer, offer = await asyncio.gather(request.app[ENGINE].turn(turn), _offered(request, turn))
    return answer, offer if answer.locale == turn.locale else None


async def _offered(request: web.Request, turn: Turn) -> str | None:
    """The tag of the language she writes in, where it is not the one she chose; None where we are unsure."""
    if turn.text is None:
        return None
    # The engine's process is given its turn first, and works while this one looks at the letters.
    await asyncio.sleep(0)
    found = request.app[DETECTOR].offer(turn.text, turn.locale, request.app[CONTENT].languages)
    return tag_of(found) if found else None


def read_turn(fields: Mapping[str, Any], content: Content) -> tuple[Turn, tuple[str, ...]]:
    """The turn in the fields of a request, and the kinds of personal data taken out of its text.

    Raises:
        BadTurnError: Names the field and what is allowed.
    """
    for key in fields:
        if key not in KEYS:
            raise BadTurnError("body", f"only the fields {', '.join(KEYS)}")
    locale = locale_of(_string(fields, "locale") or "")
    if locale not in content.languages:
        raise BadTurnError("locale", "one of " + ", ".join(sorted(map(tag_of, content.languages))))
    nation, topic, choice = (_string(fields, key) for key in ("nation", "topic", "choice"))
    if nation is not None and nation not in NATIONS:
        raise BadTurnError("nation", "null or one of " + ", ".join(NATIONS))
    for field, value in (("topic", topic), ("choice", choice)):
        if value is not None and value not in content.intents:
            raise BadTurnError(field, "null or the name of an intent")
    text = _string(fields, "text")
    if text is not None and choice is not None:
        raise BadTurnError("text", "either text or choice, not both")
    if choice is not None:
        return Turn(text=None, choice=choice, locale=locale, nation=nation, topic=topic), ()
    redacted = redact(clean_text(text), locale=locale)
    return Turn(text=redacted.text, choice=None, locale=locale, nation=nation, topic=topic), redacted.kinds


def clean_text(text: str | None) -> str:
    """A question without white space around it.

    Raises:
        BadTurnError: It is empty, too long, or holds what no keyboard types.
    """
    if text is None or not text.strip():
        raise BadTurnError("text", f"1 to {MAX_TEXT} characters, or a choice", "empty")
    if len(text) > MAX_TEXT:
        raise BadTurnError("text", f"at most {MAX_TEXT} characters", "too_long")
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in SPACES for letter in text):
        raise BadTurnError("text", "no control characters and no half characters (surrogates)")
    return text.strip()


def on_the_wire(answer: Answer, content: Content) -> dict[str, Any]:
    """The answer as JSON carries it."""
    choices = []
    for choice in answer.choices:
        label = content.title(choice, answer.locale)
        choices.append({"label": label.text, "choice": choice, "lang": content.languages[label.locale].tag})
    return {
        "replies": [reply.on_the_wire() for reply in answer.replies],
        "choices": choices,
        "topic": answer.topic,
        "danger": answer.danger,
        "removed": [],
        "offer_locale": None,
        "answered": answer.answered,
    }


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        loaded = json.loads(body)
    except (ValueError, RecursionError):
        raise BadTurnError("body", "a JSON object in UTF-8") from None
    if not isinstance(loaded, dict):
        raise BadTurnError("body", "a JSON object")
    return loaded


def _string(fields: Mapping[str, Any], key: str) -> str | None:
    value = fields.get(key)
    if value is not None and not isinstance(value, str):
        raise BadTurnError(key, "a string or null")
    return value
