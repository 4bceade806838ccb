"""The real server with an engine that fails when told to; and, with AMAAN_LEAKY=1, that leaks where told to.

A text that holds `mode-crash`, `mode-handler` or `mode-slow` brings that trouble on; one that holds `leak-<sink>` is
leaked into that one sink. So the canary can show that it would have found it.
"""

import asyncio
import logging
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot import paths
from bot.content.replies import Content
from bot.engine import Answer, LoadingEngine, Turn
from bot.gateway.app import make_app
from bot.gateway.bounds import Bounds
from bot.gateway.serving import run

LEAKY = os.environ.get("AMAAN_LEAKY") == "1"
LAST = {"health": "", "header": "", "cookie": ""}

SCRIPT = """
document.addEventListener("submit", () => {
  const words = document.getElementById("text").value;
  if (words.includes("leak-local")) localStorage.setItem("x", words);
  if (words.includes("leak-session")) sessionStorage.setItem("x", words);
  if (words.includes("leak-scriptcookie")) document.cookie = "x=" + words;
  if (words.includes("leak-cache")) caches.open("x").then((c) => c.put("/x", new Response(words)));
  if (words.includes("leak-database")) indexedDB.open(words);
  if (words.includes("leak-history")) history.pushState(null, "", "?" + words);
  if (words.includes("leak-foreign")) new Image().src = "http://127.0.0.2:9/?" + words;
}, true);
"""


class Troubled:
    """The engine, in trouble."""

    def __init__(self, engine: LoadingEngine) -> None:
        self.engine = engine

    @property
    def ready(self) -> bool:
        return self.engine.ready

    async def turn(self, turn: Turn) -> Answer:
        """As the engine, unless the text asks for trouble."""
        text = turn.text or ""
        if LEAKY:
            leak(text)
        if "mode-crash" in text:
            raise RuntimeError(f"the engine broke on {text}")
        if "mode-slow" in text:
            await asyncio.sleep(30)
        answer = await self.engine.turn(turn)
        if "mode-handler" in text:
            return replace(answer, locale=text)
        return answer


def leak(text: str) -> None:
    """Writes a text where its own words say."""
    if "leak-stdout" in text:
        print(text, flush=True)
    if "leak-stderr" in text:
        logging.getLogger("bot").warning(text)
    if "leak-folder" in text:
        (paths.ROOT / "leak.txt").write_text(text, encoding="utf-8")
    if "leak-temporary" in text:
        (Path(tempfile.gettempdir()) / "leak.txt").write_text(text, encoding="utf-8")
    if "leak-models" in text:
        (paths.MODELS / "leak.txt").write_text(text, encoding="utf-8")
    for sink in LAST:
        if f"leak-{sink}" in text:
            LAST[sink] = text


@web.middleware
async def leaks(request: web.Request, handler: object) -> web.StreamResponse:
    """What an unwise programmer might add to the answers."""
    response = await handler(request)  # type: ignore[operator]
    if request.path == "/health":
        response.text = f'{{"last": "{LAST["health"]}"}}'
    if request.path == "/chat.js":
        response.text += SCRIPT
    response.headers["Content-Security-Policy"] = "img-src *"
    if LAST["header"]:
        response.headers["X-Last"] = LAST["header"]
    if LAST["cookie"]:
        response.set_cookie("last", LAST["cookie"].replace(" ", "."))
    return response


def main() -> None:
    """Serves on the port named first."""
    from bot.embedded import RasaEngine

    logging.basicConfig(level=logging.DEBUG)
    loading = LoadingEngine(lambda: RasaEngine.load(paths.model_path()))

    async def start(app: web.Application) -> None:
        app["task"] = asyncio.create_task(loading.start())

    bounds = Bounds(at_once=1, waiting=2, turn_seconds=3, body_seconds=3)
    app = make_app(Troubled(loading), Content.read(), within=bounds)
    if LEAKY:
        app.middlewares.insert(0, leaks)
    app.on_startup.append(start)
    run(app, "127.0.0.1", int(sys.argv[1]))


if __name__ == "__main__":
    main()
