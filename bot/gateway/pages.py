"""The chat page, with and without its script; leaving; health."""

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from importlib.resources import files
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from babel.dates import format_date

from bot.content.replies import Reply
from bot.content.topics import NATIONS
from bot.engine import Answer, Turn
from bot.errors import EngineUnavailableError
from bot.gateway.keys import CONTENT, ENGINE, LEAVE_URL
from bot.gateway.words import WORDS
from bot.i18n import SOURCE, Language, Passage, direction, locale_of, tag_of
from bot.text.redaction import for_the_browser

LOOPBACK = ("127.0.0.1", "localhost")
"""The two names of this machine: two origins to a browser."""

TYPES = {"js": "text/javascript", "css": "text/css"}


async def first_page(request: web.Request) -> web.Response:
    """`GET /`: the languages, each in its own name, and the danger line.

    `?locale=ur`, which a page that embeds us may name, opens with the greeting in that language.
    """
    locale = asked_locale(request)
    if locale is None:
        return aiohttp_jinja2.render_template("page.html", request, page_context(request, SOURCE))
    turn = Turn(None, "greet", locale)
    try:
        answer = await request.app[ENGINE].turn(turn)
    except EngineUnavailableError:
        return aiohttp_jinja2.render_template("page.html", request, page_context(request, locale))
    return answer_page(request, turn, answer, None, removed=(), fragment=False)


def asked_locale(request: web.Request) -> str | None:
    """The language that an address names (`?locale=ur`), where it is one of ours."""
    locale = locale_of(request.query.get("locale", ""))
    return locale if locale in request.app[CONTENT].languages else None


def _leave_url(request: web.Request, locale: str) -> str:
    return request.app[CONTENT].languages[locale].leave or request.app[LEAVE_URL]


def answer_page(
    request: web.Request,
    turn: Turn,
    answer: Answer,
    offer: str | None,
    *,
    removed: tuple[str, ...],
    fragment: bool,
) -> web.Response:
    """The page that holds an answer; only the answer where the script asks for it."""
    context = page_context(request, turn.locale) | {"turn": turn, "answer": answer, "removed": removed}
    if offer:
        other = request.app[CONTENT].languages[locale_of(offer)]
        said = other.say(WORDS["offer"])
        context |= {"offer": other, "offer_words": Passage(said.text.format(language=other.name), said.locale)}
    return aiohttp_jinja2.render_template("answer.html" if fragment else "page.html", request, context)


def page_context(request: web.Request, locale: str) -> dict[str, Any]:
    """What every template needs: the language and how to speak it."""
    content = request.app[CONTENT]
    language = content.languages[locale]

    def word(key: str, **values: str) -> Passage:
        said = language.say(WORDS[key])
        return Passage(said.text.format(**values), said.locale) if values else said

    return {
        "language": language,
        "languages": list(content.languages.values()),
        "nations": NATIONS,
        "word": word,
        "label": lambda intent: content.title(intent, locale),
        "day": lambda iso: format_date(date.fromisoformat(iso), "long", locale=language.babel),
        "direction": direction,
        "tag": tag_of,
        "has_english": lambda reply: _has_english(reply, language),
        "leave_url": _leave_url(request, locale),
    }


def _has_english(reply: Reply, language: Language) -> bool:
    return any(said.locale != language.locale for said in (reply.title, *reply.say, *reply.do, *reply.more))


async def leave(request: web.Request) -> web.Response:
    """`GET /leave`: to an ordinary page in her language, works without the script."""
    to = _leave_url(request, asked_locale(request) or SOURCE)
    return web.Response(
        status=303,
        headers={"Location": to, "Clear-Site-Data": '"cache", "cookies", "storage"'},
    )


async def health(request: web.Request) -> web.Response:
    """`GET /health`: the process is alive."""
    return web.json_response({"alive": True})


async def ready(request: web.Request) -> web.Response:
    """`GET /ready`: the model is loaded; 503 until it is."""
    is_ready = request.app[ENGINE].ready
    return web.json_response({"ready": is_ready}, status=200 if is_ready else 503)


async def widget_file(request: web.Request) -> web.Response:
    """`GET /chat.js`, `/mask.js`, `/chat.css`; and `/embed.js`, which alone may be loaded by others."""
    name = request.match_info["name"]
    text = (files("bot.gateway") / "widget" / name).read_text(encoding="utf-8")
    response = web.Response(text=text, content_type=TYPES[name.rpartition(".")[2]])
    if name == "embed.js":
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def demo(request: web.Request) -> web.Response:
    """`GET /demo`: a page as a charity's, with a tracker that shows what it saw.

    Here the chat comes from this machine's other name, so that it has an origin of its own, as on a charity's page.
    """
    here = request.url.origin()
    chat = here.with_host(LOOPBACK[here.host != LOOPBACK[1]]) if here.host in LOOPBACK else here
    response = aiohttp_jinja2.render_template("demo.html", request, {"chat": chat})
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; script-src 'self' {chat}; frame-src {chat}; frame-ancestors 'none'"
    )
    return response


async def identifiers(request: web.Request) -> web.Response:
    """`GET /identifiers.json`: what personal data looks like, so that it is masked before it leaves her phone."""
    return web.json_response(for_the_browser(), dumps=partial(json.dumps, ensure_ascii=False))


QUOTED_LATIN = re.compile(r"([“”„«\"])([A-Za-z][^“”„«»\"]*)")


def isolate(text: str) -> str:
    """Keeps a quoted English sentence whole inside a right-to-left line, question mark and all."""
    return QUOTED_LATIN.sub("\\1\u2066\\2\u2069", text)


def error_page(request: web.Request, status: int, key: str, headers: Mapping[str, str]) -> web.Response:
    """A page that says what went wrong, with the emergency line on it and nothing of what was sent."""
    context = page_context(request, request.get("locale", SOURCE)) | {"problem": key}
    response = aiohttp_jinja2.render_template("page.html", request, context)
    response.set_status(status)
    response.headers.update(headers)
    return response
