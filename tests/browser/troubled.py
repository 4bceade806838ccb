"""The real server with an engine that fails when told to; and, with AMAAN_LEAKY=1, that leaks where told to.

A text that holds `mode-crash`, `mode-death`, `mode-handler` or `mode-slow` brings that trouble on, in a worker; one
that holds `leak-<sink>` is leaked into that one sink. So the canary can show that it would have found it.
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
from bot.engine import Answer, Turn
from bot.gateway.app import make_app
from bot.gateway.bounds import Bounds
from bot.gateway.serving import run
from bot.workers import EnginePool

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
    """The engine of a worker, in trouble."""

    ready = True

    def __init__(self, model: Path) -> None:
        from bot.embedded import RasaEngine

        self.engine = RasaEngine.load(model)

    async def turn(self, turn: Turn) -> Answer:
        """As the engine, unless the text asks for trouble."""
        text = turn.text or ""
        if "mode-crash" in text:
            raise RuntimeError(f"the engine broke on {text}")
        if "mode-death" in text:
            os.abort()
        if "mode-slow" in text:
            await asyncio.sleep(30)
        answer = await self.engine.turn(turn)
        if "mode-handler" in text:
            return replace(answer, locale=text)
        return answer


class LeakyPool(EnginePool):
    """The workers, and a gateway that leaks where told to."""

    async def turn(self, turn: Turn) -> Answer:
        if LEAKY:
            leak(turn.text or "")
        return await super().turn(turn)


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
    logging.basicConfig(level=logging.DEBUG)
    bounds = Bounds(at_once=1, waiting=2, turn_seconds=3, body_seconds=3)
    pool = LeakyPool("tests.browser.troubled:Troubled", paths.model_path(), 2)
    app = make_app(pool, Content.read(), within=bounds)
    if LEAKY:
        app.middlewares.insert(0, leaks)
    run(app, "127.0.0.1", int(sys.argv[1]))


if __name__ == "__main__":
    main()
