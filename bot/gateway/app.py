"""The web application: what stands where."""

from collections.abc import AsyncIterator, Sequence
from importlib.resources import files

import aiohttp_jinja2
import jinja2
from aiohttp import web

from bot.content.replies import Content
from bot.engine import Engine
from bot.gateway import description, pages, script, turns
from bot.gateway.bounds import BOUNDS, Bounds, bounds
from bot.gateway.detector import language_detector
from bot.gateway.keys import CONTENT, DETECTOR, ENGINE, FRAME_ANCESTORS, LEAVE_URL
from bot.gateway.middlewares import errors, headers
from bot.text.redaction import redact
from bot.workers import EnginePool

MAX_BODY = 8 * 1024
"""Bytes of a request body."""

WEATHER = "https://www.bbc.co.uk/weather"
"""The ordinary page that `leave` opens."""


def make_app(
    engine: Engine,
    content: Content,
    *,
    leave_url: str = WEATHER,
    embed_on: Sequence[str] = (),
    within: Bounds | None = None,
    demo: bool = False,
) -> web.Application:
    """The application over any engine.

    Args:
        engine: What answers a turn.
        content: What we can say.
        leave_url: The ordinary page that `leave` opens.
        embed_on: The sites that may show the chat in a frame, such as `https://charity.example`; none by default.
        within: How much at once and how long; the usual bounds by default.
        demo: Whether `/demo` stands there, and pages of this machine may show the chat.
    """
    app = web.Application(middlewares=[headers, errors, bounds], client_max_size=MAX_BODY)
    app[ENGINE], app[CONTENT], app[LEAVE_URL] = engine, content, leave_url
    app[DETECTOR] = language_detector()
    # Its recognisers are made at the first text; the first person need not wait for them.
    redact("hello", locale="en")
    app[BOUNDS] = within or Bounds()
    own = [f"http://{name}:*" for name in pages.LOOPBACK] if demo else []
    app[FRAME_ANCESTORS] = " ".join([*embed_on, *own]) or "'none'"
    folder = files("bot.gateway")
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(str(folder / "templates")),
        autoescape=True,
        trim_blocks=True,
        filters={"isolate": pages.isolate},
    )
    app.router.add_get("/", pages.first_page)
    app.router.add_post("/", turns.page_turn)
    app.router.add_post("/api/turn", turns.json_turn)
    app.router.add_get("/api/openapi.json", description.openapi)
    app.router.add_get("/script", script.page)
    app.router.add_get("/script/languages", script.languages)
    app.router.add_get("/leave", pages.leave)
    app.router.add_get("/health", pages.health)
    app.router.add_get("/ready", pages.ready)
    app.router.add_get("/{name:(?:chat|mask|embed|script)\\.js|(?:chat|script)\\.css}", pages.widget_file)
    app.router.add_get("/identifiers.json", pages.identifiers)
    if demo:
        app.router.add_get("/demo", pages.demo)
        app.router.add_get("/{name:demo\\.js|demo\\.css}", pages.widget_file)
    app.cleanup_ctx.append(_engine_running)
    app.on_cleanup.append(_last_line)
    return app


async def _engine_running(app: web.Application) -> AsyncIterator[None]:
    """Loads the engine while the page is already there, and ends its processes with the server's."""
    engine = app[ENGINE]
    if isinstance(engine, EnginePool):
        await engine.start()
    yield
    if isinstance(engine, EnginePool):
        await engine.stop()


async def _last_line(app: web.Application) -> None:
    """What the last hour had."""
    app[BOUNDS].tally.close()
