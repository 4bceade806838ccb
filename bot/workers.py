"""An engine in several processes: one that dies is replaced, and its turn is given to another."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from bot import paths
from bot.engine import Answer, Turn
from bot.errors import BotError, EngineUnavailableError
from bot.nursery import from_event

TRIES = 2
"""A turn in which so many workers died is given up: it may be what kills them."""

LOST_AFTER = 8.0
"""Seconds after which a worker that has not answered counts as dead; two such are within the time an asker has."""

LONGEST_PAUSE = 5.0
"""Seconds before a place is filled again, where one worker after another dies without an answer."""

LONGEST_PAUSE_OF_NURSERY = 60.0
"""Seconds before the model is loaded again, where that fails again and again."""

ONE_THREAD = {
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "RAYON")},
    **{"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
}
"""Each worker keeps one core busy; and the threads of a library would not live through the fork."""

GONE = object()
"""What is heard last from a worker."""


class WorkerDiedError(BotError):
    """A worker ended before it had answered.

    Args:
        begun: Whether it had begun with the turn.
    """

    def __init__(self, *, begun: bool) -> None:
        super().__init__("An engine process ended.")
        self.begun = begun


class Worker(asyncio.Protocol):
    """One engine process, seen from the gateway: it answers one turn at a time."""

    def __init__(self) -> None:
        self.gone, self.answered = asyncio.Event(), False
        self._number: int | None = None
        self._rest = b""
        self._heard: asyncio.Queue[Any] = asyncio.Queue()
        self._transport: asyncio.WriteTransport | None = None

    async def born(self) -> bool:
        """Waits for its first word; whether there was one."""
        said = await self._heard.get()
        self._number = None if said is GONE else said
        return self._number is not None

    async def turn(self, turn: Turn) -> Answer:
        """Answers one turn.

        Raises:
            WorkerDiedError: It died first, or was silent so long that it was ended.
            EngineUnavailableError: The engine failed.
        """
        assert self._transport is not None  # noqa: S101  (it was born)
        self._transport.write(json.dumps(asdict(turn)).encode() + b"\n")
        try:
            async with asyncio.timeout(LOST_AFTER):
                begun = await self._heard.get()
                said: Any = begun if begun is GONE else await self._heard.get()
        except TimeoutError:
            self.end()
            raise WorkerDiedError(begun=True) from None
        if said is GONE:
            raise WorkerDiedError(begun=begun is not GONE)
        self.answered = True
        if said is None:
            raise EngineUnavailableError("The engine failed.")
        return from_event(said)

    def end(self) -> None:
        """Ends the process at once, unless it has ended."""
        if self._transport is not None and not self.gone.is_set():
            self._transport.abort()
            if self._number is not None:
                with suppress(ProcessLookupError):
                    os.kill(self._number, signal.SIGKILL)
        self.gone.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        # A socket's. Not asserted: those of uvloop, which Sanic may install, come of none of asyncio's classes.
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._heard.put_nowait(json.loads(line))

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self.gone.set()
        self._heard.put_nowait(GONE)


class EnginePool:
    """An engine in several processes, each with a thread of its own; see `bot.engine.Engine`.

    A nursery process loads the model once and forks the workers, so that they share its memory. The connections of
    those who ask stay with the gateway: whatever becomes of a worker, nobody's request is lost with it.
    """

    def __init__(
        self,
        loader: str,
        model: Path,
        count: int,
        *,
        tell: Callable[[str], object] = lambda line: print(line, file=sys.stderr, flush=True),
    ) -> None:
        """Takes what makes the engine, by name, since it is made in another process.

        Args:
            loader: A function of a model's path, such as `bot.embedded:RasaEngine.load`.
            model: The model.
            count: How many processes answer.
            tell: Where it is said that the model cannot be loaded, or is loaded again; standard error.
        """
        self._loader, self._model, self._count, self._tell = loader, model, count, tell
        self._fault = ""
        self._loaded = False
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._nursery: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None

    @property
    def ready(self) -> bool:
        """Whether a worker has been ready."""
        return self._loaded

    async def until_ready(self) -> None:
        """Waits until a worker is ready.

        Raises:
            EngineUnavailableError: The model cannot be loaded.
        """
        while not self._loaded:
            if self._fault:
                raise EngineUnavailableError(self._fault)
            await asyncio.sleep(0.05)

    def open(self) -> socket.socket:
        """Begins to load the model, in a process of its own."""
        self._asking, theirs = socket.socketpair()
        self._asking.setblocking(False)
        command = [sys.executable, "-m", "bot.nursery", self._loader, str(self._model)]
        environment = {**os.environ, **ONE_THREAD}
        with theirs:
            # In a session of its own: Ctrl+C is for the gateway, which lets turns end.
            self._nursery = subprocess.Popen(  # noqa: S603
                command, cwd=paths.ROOT, stdin=theirs.fileno(), env=environment, start_new_session=True
            )
        return self._asking

    async def start(self) -> None:
        """Begins to load the model where that has not begun; `ready` tells when it is done."""
        places = (self._keep_worker() for _ in range(self._count))
        self._tasks = [asyncio.create_task(loop) for loop in (self._keep_nursery(), *places)]

    def close(self) -> None:
        """Ends the nursery and its workers at once."""
        if self._nursery is not None and self._nursery.poll() is None:
            os.killpg(self._nursery.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Ends every process, and what keeps them."""
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def turn(self, turn: Turn) -> Answer:
        """Answers one turn, on another worker where the first dies of it (see `bot.engine.Engine`)."""
        if not self.ready:
            raise EngineUnavailableError(self._fault or "The model is being loaded.")
        deaths = 0
        while deaths < TRIES:
            worker = await self._idle.get()
            if worker.gone.is_set():
                continue
            try:
                # Who waits no longer leaves the worker to its turn: in a flood, ending it would cost more than that.
                return await asyncio.shield(self._work(worker, turn))
            except WorkerDiedError as error:
                deaths += error.begun
        raise EngineUnavailableError("Every engine process that took the turn ended.")

    async def _work(self, worker: Worker, turn: Turn) -> Answer:
        """Has a turn answered, and the worker back among those that wait for one."""
        try:
            return await worker.turn(turn)
        finally:
            if not worker.gone.is_set():
                self._idle.put_nowait(worker)

    async def _keep_worker(self) -> None:
        """Keeps one place filled."""
        pause = 0.0
        while not self._fault:
            answered = False
            # Too many files may be open just now: it is tried again.
            with suppress(OSError):
                answered = await self._worker()
            pause = 0.0 if answered else min(2 * pause + 0.1, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _worker(self) -> bool:
        """The life of a worker; whether it answered anybody."""
        ours, theirs = socket.socketpair()
        with theirs:
            _, worker = await asyncio.get_running_loop().create_unix_connection(Worker, sock=ours)
            if self._asking is not None:
                socket.send_fds(self._asking, [b"+"], [theirs.fileno()])
        try:
            if await worker.born():
                self._loaded = True
                self._idle.put_nowait(worker)
                await worker.gone.wait()
        finally:
            worker.end()
        return worker.answered

    async def _keep_nursery(self) -> None:
        """Keeps a nursery; one that says why it cannot load the model is not tried again, unless it could before."""
        pause = 0.0
        while not self._fault:
            fault = ""
            with suppress(OSError):
                fault = await self._last_words(self._asking or self.open())
            self._tell(fault or "The process that holds the model ended, and is started again.")
            self._fault = "" if self._loaded else fault
            pause = min(2 * pause + 1, LONGEST_PAUSE_OF_NURSERY)
            await asyncio.sleep(pause)

    async def _last_words(self, asking: socket.socket) -> str:
        """Waits until the nursery ends; why it could not load the model, or nothing."""
        said = b""
        try:
            # Whoever asked for a worker and was not heard resets the line; what was said before stands.
            with asking, suppress(ConnectionResetError):
                while heard := await asyncio.get_running_loop().sock_recv(asking, 4096):
                    said += heard
        finally:
            self._asking = None
            if self._nursery is not None:
                # Its workers stay, if it died alone: they answer until a new one has loaded the model.
                self._nursery.kill()
                self._nursery.wait()
        return said.decode()
