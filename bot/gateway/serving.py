"""Runs the application in a process that says nothing of anybody: no access log, no echo, no core dump."""

import asyncio
import resource
import signal
from typing import Any

from aiohttp import web

from bot.gateway.middlewares import HEADERS
from bot.silence import silence

KEEP_ALIVE, SHUTDOWN, FIRST_REQUEST = 15.0, 5.0, 15.0
"""Seconds an idle connection is kept; a turn is given to end when the server stops; a first request may dawdle."""


class QuietHandler(web.RequestHandler):
    """aiohttp's own repeats a malformed request in its answer, and logs it with the address; this does not."""

    __slots__ = ("_asked", "_late")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Whoever has not asked anything in time is hung up on; aiohttp waits for the first request for ever."""
        super().connection_made(transport)
        self._asked = False
        self._late = self._loop.call_later(FIRST_REQUEST, self._hang_up)

    def data_received(self, data: bytes) -> None:
        """Notes that a request has come whole to the end of its head."""
        super().data_received(data)
        self._asked = self._asked or bool(self._messages) or self._current_request is not None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forgets the clock with the connection."""
        self._late.cancel()
        super().connection_lost(exc)

    def _hang_up(self) -> None:
        if not self._asked:
            self.force_close()

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
    silence()
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
