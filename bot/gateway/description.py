"""What the programs of others may ask of us: the OpenAPI description, made from what the server itself knows."""

from functools import partial
from typing import Any

from aiohttp import web

from bot.content.replies import Content
from bot.content.topics import NATIONS
from bot.gateway.keys import CONTENT
from bot.gateway.turns import MAX_TEXT
from bot.i18n import tag_of

TYPED = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
"""No control characters but tab and new lines."""


async def openapi(request: web.Request) -> web.Response:
    """`GET /api/openapi.json`."""
    return web.json_response(describe(request.app[CONTENT]))


def describe(content: Content) -> dict[str, Any]:
    """The description (OpenAPI 3.1) of every door that answers in JSON."""
    problem = {"$ref": "#/components/schemas/Problem"}
    refused = partial(_answer, schema=problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Amaan",
            "version": "1",
            "description": "One question in, one answer out. Nothing is kept; what a talk needs comes each time.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/api/turn": {
                "post": {
                    "operationId": "turn",
                    "summary": "Ask one question, or tap one",
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Turn"}}},
                    },
                    "responses": {
                        "200": _answer("The answer.", {"$ref": "#/components/schemas/Answer"}),
                        "400": refused(
                            "A field cannot be read; which one, and what is allowed. Never what was sent."
                        ),
                        "403": refused("The browser says that a page of another site sends this."),
                        "413": refused("More than 8 kB."),
                        "415": refused("Not `application/json`."),
                        "503": refused("Too many ask at once, or the model is not loaded yet; see `Retry-After`."),
                    },
                }
            },
            "/api/openapi.json": {"get": _reading("openapi", "This description", {"type": "object"})},
            "/identifiers.json": {
                "get": _reading("identifiers", "What the page masks before it sends", {"type": "object"})
            },
            "/health": {"get": _reading("health", "The process is alive", _object(alive={"const": True}))},
            "/ready": {
                "get": _reading("ready", "The model is loaded", _object(ready={"type": "boolean"}))
                | {
                    "responses": {
                        status: _answer(words, _object(ready={"const": is_ready}))
                        for status, words, is_ready in (("200", "It is.", True), ("503", "Not yet.", False))
                    }
                }
            },
        },
        "components": {"schemas": _schemas(content)},
    }


def _schemas(content: Content) -> dict[str, Any]:
    intents = list(content.intents)
    tags = sorted(map(tag_of, content.languages))
    tag = {"type": "string", "enum": tags}
    intent = {"type": "string", "enum": intents}
    words = {"type": "string"}
    maybe = {"type": ["string", "null"]}
    passage = {"oneOf": [words, _object(text=words, lang=tag)]}
    passages = {"type": "array", "items": passage}
    talk = {
        "locale": tag | {"description": "The language she chose, as a language tag."},
        "nation": {"enum": [*NATIONS, None]},
        "topic": {"enum": [*intents, None], "description": "The `topic` of the answer before."},
    }
    typed = {
        "text": {
            "type": "string",
            "maxLength": MAX_TEXT,
            "allOf": [{"pattern": r"\S"}, {"pattern": TYPED}],
            "description": "What she typed.",
        },
        "choice": {"type": "null"},
    }
    tapped = {"choice": intent | {"description": "What she tapped."}, "text": {"type": "null"}}
    number = _object(name=words, number=maybe, nations={"type": ["array", "null"], "items": words})
    phone = _object(written=words, e164=words) | {"type": ["object", "null"]}
    organisation = _object(
        **dict.fromkeys(("id", "name", "confidential"), words),
        **dict.fromkeys(("url", "place", "cost"), maybe),
        **{"hours": passage, "for": passage, "phone": phone, "interpreters": {"type": "boolean"}},
        open={"type": ["boolean", "null"]},
        languages={"type": "array", "items": words},
    )
    source = _object(title=words, publisher=maybe, url=maybe, date=maybe)
    reply = _object(
        **dict.fromkeys(("topic", "lang", "dir", "status", "age"), words),
        **dict.fromkeys(("as_of", "reviewed"), maybe),
        **dict.fromkeys(("say", "do", "more"), passages),
        title=passage,
        organisations={"type": "array", "items": organisation},
        sources={"type": "array", "items": source},
    )
    return {
        "Turn": {
            "oneOf": [
                {"type": "object", "additionalProperties": False, "required": required, "properties": one | talk}
                for one, required in ((typed, ["text", "locale"]), (tapped, ["choice", "locale"]))
            ],
            "example": {"text": "will they deport me", "locale": "en", "nation": "england"},
        },
        "Answer": _object(
            replies={"type": "array", "items": reply, "minItems": 1},
            choices={"type": "array", "items": _object(label=words, choice=intent, lang=tag)},
            topic={"enum": [*intents, None]},
            danger={"type": "boolean", "description": "The emergency card stands on top."},
            removed={"type": "array", "items": words, "description": "The kinds of personal data taken out."},
            offer_locale={"enum": [*tags, None], "description": "The language she seems to write in."},
            answered={"type": "boolean", "description": "False where she is asked what she meant."},
        ),
        "Problem": _object(
            error=_object(field=words, allowed=words),
            emergency={"type": "array", "items": number, "minItems": 1},
        ),
    }


def _object(**properties: Any) -> dict[str, Any]:
    """An object that has exactly these."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": properties,
    }


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _reading(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": {"200": _answer("It.", schema)}}
