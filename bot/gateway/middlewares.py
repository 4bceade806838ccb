"""Security headers, and errors that never echo what was sent."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.content.organisations import Organisation
from bot.errors import EngineUnavailableError
from bot.gateway import pages, turns
from bot.gateway.bounds import OverloadError
from bot.gateway.keys import CONTENT, FRAME_ANCESTORS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FEATURES = (
    *("accelerometer", "ambient-light-sensor", "attribution-reporting", "autoplay", "battery", "bluetooth"),
    *("browsing-topics", "camera", "clipboard-read", "clipboard-write", "compute-pressure", "display-capture"),
    *("encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get"),
    *("idle-detection", "interest-cohort", "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi"),
    *("otp-credentials", "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial"),
    *(
        "speaker-selection",
        "storage-access",
        "sync-xhr",
        "usb",
        "web-share",
        "window-management",
        "xr-spatial-tracking",
    ),
)
"""Everything a browser could lend a page: we ask for nothing."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {}"
)
"""No inline and no foreign source; only the sites named in the configuration may show us in a frame."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # No banner: aiohttp would name itself and Python.
    "Server": "",
}

REFUSALS = {
    413: ("body", "at most 8 kB", "too_long"),
    415: ("Content-Type", "application/json, or a form", "bad_request"),
}
"""By status: the field at fault, what is allowed, and the key of the page's word."""

REFUSED = ("path or method", "see the README", "bad_request")
FAILURES: dict[type[Exception], str] = {
    EngineUnavailableError: "engine",
    OverloadError: "server",
    TimeoutError: "time",
}
COMPRESSED = ("text/html", "text/css", "text/javascript", "application/json")
RETRY_AFTER = {"Retry-After": "20"}


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Puts the security headers on every answer."""
    response = await handler(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", POLICY.format(request.app[FRAME_ANCESTORS]))
    if isinstance(response, web.Response) and response.content_type in COMPRESSED:
        # Nothing secret is in a page that an attacker could guess by its length, and she pays for each byte.
        response.enable_compression()
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
    except web.HTTPException as error:
        if error.status < 400:
            raise
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _problem(request, error.status, *REFUSALS.get(error.status, REFUSED), allow)
    except Exception as error:
        # The exception may hold what was typed: it is neither logged nor shown.
        field = FAILURES.get(type(error), "server")
        return _problem(request, 503, field, "try again shortly", "unavailable", RETRY_AFTER)


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
