"""`python -m bot.nursery LOADER MODEL`: loads the engine once, and forks it as often as the gateway asks.

Standard input is a socket to the gateway. Each socket that comes through it is for a new worker. It writes its
number, and from then on answers each turn with two lines, one when it begins and one with the answer. They are JSON:
whatever may become of a worker, the gateway reads data and runs nothing.
"""

import asyncio
import gc
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from io import BufferedRWPair
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from bot.content.replies import Reply
from bot.engine import Answer, Engine, Turn
from bot.errors import BotError, EngineUnavailableError
from bot.silence import silence

HELLO = Turn("hello", None, "en")
"""A turn nobody asked: what is made at the first turn is made before anybody waits for it."""

STANDARD_INPUT = 0


def main() -> None:
    """Loads the engine and forks it until the gateway is gone; then every worker goes too."""
    # A crash must not write to disk what is in memory. And it is for the gateway to say when the work is over.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    silence()
    gateway = socket.socket(fileno=os.dup(STANDARD_INPUT))
    loader, model = sys.argv[1:]
    try:
        engine = load(loader, Path(model))
    except EngineUnavailableError as error:
        gateway.sendall(str(error).encode())
        sys.exit(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sockets := socket.recv_fds(gateway, 1, 1)[1]:
        if os.fork() == 0:
            work(engine, sockets[0], gateway)
        os.close(sockets[0])
    os.killpg(0, signal.SIGKILL)


def load(loader: str, model: Path) -> Engine:
    """The engine that `loader` (`module:function`) makes of a model, warm and ready to be forked.

    Raises:
        EngineUnavailableError: It cannot be loaded; nobody has typed anything yet, so the reason may be told.
    """
    try:
        engine: Engine = resolve_name(loader)(model)
        asyncio.run(engine.turn(HELLO))
    except Exception as error:
        kind = "" if isinstance(error, BotError) else f"{type(error).__name__}: "
        reason = " ".join(f"{kind}{error}".split())[:300]
        fault = f"{model.name}: cannot be loaded ({reason}); `python -m bot train` makes it anew."
        raise EngineUnavailableError(fault) from error
    # What is made so far is never swept again: a sweep writes to each object, and what is written to is not shared.
    gc.collect()
    gc.freeze()
    return engine


def work(engine: Engine, number: int, nursery: socket.socket) -> None:
    """Answers the turns that come through a socket, until the gateway closes it; never returns."""
    try:
        nursery.close()
        _be_quiet()
        with socket.socket(fileno=number) as gateway, gateway.makefile("rwb") as lines, asyncio.Runner() as runner:
            runner.run(engine.turn(HELLO))
            _write(lines, os.getpid())
            while _one_turn(engine, lines, runner):
                pass
    finally:
        # Without a traceback: it may hold what was typed.
        os._exit(0)


def _be_quiet() -> None:
    """Whatever a library may want to say about a text, nobody hears it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (STANDARD_INPUT, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _one_turn(engine: Engine, lines: BufferedRWPair, runner: asyncio.Runner) -> bool:
    """Answers one turn; False where none will come."""
    line = lines.readline()
    if line:
        _write(lines, True)
        _write(lines, runner.run(_answer(engine, line)))
    return bool(line)


async def _answer(engine: Engine, line: bytes) -> dict[str, Any] | None:
    """The answer as JSON carries it; None where the engine failed, without a word of why: it may hold the text."""
    try:
        return as_event(await engine.turn(Turn(**json.loads(line))))
    except Exception:
        return None


def _write(lines: BufferedRWPair, said: Any) -> None:
    lines.write(json.dumps(said).encode() + b"\n")
    lines.flush()


def as_event(answer: Answer) -> dict[str, Any]:
    """An answer as a worker hands it to the gateway; `from_event` reads it back."""
    return {**vars(answer), "replies": [reply.as_event() for reply in answer.replies]}


def from_event(event: Mapping[str, Any]) -> Answer:
    """The answer out of what a worker wrote."""
    replies = tuple(Reply.from_event(reply) for reply in event["replies"])
    return Answer(**{**event, "replies": replies, "choices": tuple(event["choices"])})


if __name__ == "__main__":
    main()
