"""How much at once and how long: limits that need to know nobody."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from bot.errors import BotError
from bot.gateway.tally import Tally

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class OverloadError(BotError):
    """More people ask at once than can be answered in good time."""


@dataclass
class Bounds:
    """What one process takes on.

    Attributes:
        at_once: Turns worked on at the same time.
        waiting: Turns that may wait for their place; one more is refused.
        turn_seconds: A turn that takes longer is given up, its waiting included.
        body_seconds: A body must have arrived by then, however slow the line.
        tally: Counts the turns.
    """

    at_once: int = 4
    waiting: int = 32
    turn_seconds: float = 20.0
    body_seconds: float = 30.0
    tally: Tally = field(default_factory=Tally, repr=False)
    _working: int = field(default=0, repr=False)
    _places: asyncio.Semaphore | None = field(default=None, repr=False)

    @classmethod
    def for_workers(cls, count: int) -> "Bounds":
        """The bounds before so many workers: while one answers, the next turn is made ready for it."""
        return cls(at_once=max(cls.at_once, 2 * count))

    async def turn(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers a turn within the bounds.

        Raises:
            OverloadError: The queue is full.
            TimeoutError: The body did not arrive, or the turn was not done in time.
        """
        began, answered = time.monotonic(), False
        try:
            response = await self._turn(request, handler)
            answered = True
            return response
        finally:
            self.tally.count(time.monotonic() - began, refused=not answered)

    async def _turn(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._working >= self.at_once + self.waiting:
            raise OverloadError
        if self._places is None:
            self._places = asyncio.Semaphore(self.at_once)
        self._working += 1
        try:
            async with asyncio.timeout(self.body_seconds):
                await request.read()
            async with asyncio.timeout(self.turn_seconds), self._places:
                return await handler(request)
        finally:
            self._working -= 1


BOUNDS: web.AppKey[Bounds] = web.AppKey("bounds", Bounds)


@web.middleware
async def bounds(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Holds every turn to the bounds; pages and files pass."""
    if request.method != "POST":
        return await handler(request)
    return await request.app[BOUNDS].turn(request, handler)
