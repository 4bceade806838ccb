"""Many people asking at once: each asks the next question when hers is answered; what came of it is counted."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import numpy as np

from bot.engine import Turn

PATIENCE = 60.0
"""Seconds after which a turn that has no answer counts as failed."""

PAUSE = 1.0
"""Seconds somebody waits who was refused."""

TALK = 5
"""Turns of one conversation; then the asker begins another."""

REFUSED = (429, 503)


@dataclass(frozen=True)
class Door:
    """How one server is asked.

    Args:
        url: Where to.
        body: The JSON that asks a turn, given the turn and the name of the conversation.
        said: The replies in the JSON that comes back; none where nothing was answered.
    """

    url: str
    body: Callable[[Turn, str], dict[str, Any]]
    said: Callable[[Any], list[dict[str, Any]]]


@dataclass(frozen=True)
class Heard:
    """What came of one turn: what was said, or nothing; and whether the server refused for want of room."""

    said: list[dict[str, Any]] = field(default_factory=list)
    refused: bool = False


@dataclass
class Load:
    """What came of many turns; only those answered have a time."""

    times: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0
    seconds: float = 0.0

    def count(self, heard: Heard, seconds: float) -> None:
        """Counts one turn."""
        if heard.said:
            self.times.append(seconds)
        elif heard.refused:
            self.refused += 1
        else:
            self.failed += 1

    def add(self, other: "Load") -> None:
        """Counts another round in."""
        self.times += other.times
        self.refused += other.refused
        self.failed += other.failed
        self.seconds += other.seconds

    @property
    def rate(self) -> float:
        """Turns answered in a second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def milliseconds(self, percent: int) -> float:
        """The time within which that share of the turns was answered; not a number where none was."""
        return float(np.percentile(self.times, percent)) * 1000 if self.times else float("nan")


def session() -> aiohttp.ClientSession:
    """A client without a bound of its own on connections."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=PATIENCE)
    )


async def ask(client: aiohttp.ClientSession, door: Door, turn: Turn, talk: str) -> Heard:
    """Asks one turn; a server that is not there, or says nothing of use, has failed."""
    try:
        async with client.post(door.url, json=door.body(turn, talk)) as response:
            if response.status != 200:
                return Heard(refused=response.status in REFUSED)
            return Heard(door.said(await response.json()))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Heard()


async def press(door: Door, turns: Sequence[Turn], *, at_once: int, seconds: float) -> Load:
    """Lets so many people ask for so long; what has begun is waited for."""
    load, coming, began = Load(), itertools.cycle(turns), time.perf_counter()
    async with session() as client:
        askers = [_asker(client, door, coming, load, began + seconds) for _ in range(at_once)]
        await asyncio.gather(*askers)
    load.seconds = time.perf_counter() - began
    return load


async def _asker(client: aiohttp.ClientSession, door: Door, coming: Iterator[Turn], load: Load, until: float) -> None:
    for number in itertools.count():
        began = time.perf_counter()
        if began >= until:
            return
        if number % TALK == 0:
            talk = uuid4().hex
        heard = await ask(client, door, next(coming), talk)
        load.count(heard, time.perf_counter() - began)
        if heard.refused:
            await asyncio.sleep(min(PAUSE, max(0.0, until - time.perf_counter())))
