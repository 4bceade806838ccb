"""Security headers, and errors that never echo what was sent."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.content.organisations import Organisation
from bot.errors import EngineUnavailableError
from bot.gateway import pages, turns
from bot.gateway.keys import CONTENT

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=(), browsing-topics=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # No banner: aiohttp would name itself and Python.
    "Server": "",
}

RETRY_AFTER = {"Retry-After": "20"}


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Puts the security headers on every answer."""
    response = await handler(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every failure into an answer that names the field or the fault, never the text."""
    try:
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            return _problem(request, 403, "origin", "a page of this site", "bad_request")
        return await handler(request)
    except turns.BadTurnError as error:
        return _problem(request, 400, error.field, error.allowed, error.word)
    except web.HTTPRequestEntityTooLarge:
        return _problem(request, 413, "body", "at most 8 kB", "too_long")
    except web.HTTPUnsupportedMediaType:
        return _problem(request, 415, "Content-Type", "application/json, or a form", "bad_request")
    except EngineUnavailableError:
        return _problem(request, 503, "engine", "try again shortly", "unavailable", RETRY_AFTER)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _problem(request, error.status, "path or method", "see the README", "bad_request")
    except Exception:
        # The exception may hold what was typed: it is neither logged nor shown.
        return _problem(request, 503, "server", "try again shortly", "unavailable", RETRY_AFTER)


def _problem(
    request: web.Request,
    status: int,
    field: str,
    allowed: str,
    word: str,
    extra: dict[str, str] | None = None,
) -> web.Response:
    if not request.path.startswith("/api/") and request.method in ("GET", "POST"):
        return pages.error_page(request, status, word, extra or {})
    body = {"error": {"field": field, "allowed": allowed}, "emergency": _emergency(request)}
    return web.json_response(body, status=status, headers=extra)


def _emergency(request: web.Request) -> list[dict[str, Any]]:
    """The numbers that stand in every failure."""
    organisations = request.app[CONTENT].organisations.values()
    emergency = [o for o in organisations if "emergency" in o.needs]
    helplines = [o for o in organisations if "helpline" in o.needs and o.always]
    return [_number(o) for o in (*emergency, *helplines) if o.phone]


def _number(organisation: Organisation) -> dict[str, Any]:
    number = organisation.phone.written if organisation.phone else None
    return {"name": organisation.title, "number": number, "nations": organisation.nations}
