"""Runs the application in a process that says nothing of anybody: no access log, no echo, no core dump."""

import asyncio
import resource
import signal
from typing import Any

from aiohttp import web

from bot.gateway.middlewares import HEADERS

KEEP_ALIVE, SHUTDOWN = 15.0, 5.0
"""Seconds an idle connection is kept; seconds a turn is given to end when the server stops."""


class QuietHandler(web.RequestHandler):
    """aiohttp's own repeats a malformed request in its answer, and logs it with the address; this does not."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The status and the emergency number, whatever was sent."""
        response = web.Response(
            status=status, text="This request could not be read. In danger in the UK, ring 999.\n"
        )
        response.headers.update(HEADERS)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Nothing: an exception may hold what was typed."""

    def log_debug(self, *args: Any, **kw: Any) -> None:
        """Nothing, at any level."""


def run(app: web.Application, host: str, port: int) -> None:
    """Serves until the process is told to stop."""
    # A crash must not write to disk what is in memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asyncio.run(_serve(app, host, port))


async def _serve(app: web.Application, host: str, port: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    server = runner.server
    assert server is not None  # noqa: S101  (setup makes it)
    listening = await loop.create_server(
        lambda: QuietHandler(server, loop=loop, access_log=None, keepalive_timeout=KEEP_ALIVE),  # type: ignore[arg-type]
        host,
        port,
    )
    try:
        await stop.wait()
    finally:
        listening.close()
        await runner.cleanup()
