"""Commands that run beside us: started together, measured with all their children, and always ended."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from bot.errors import BotError

PROC = Path("/proc")
MARK = "AMAAN_BENCHMARK"
GRACE = 15.0
"""Seconds a process has to end by itself."""


@dataclass(frozen=True)
class Command:
    """A command, the folder it runs in, and what its environment has besides ours (None takes a name out)."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str | None] = field(default_factory=dict)

    def start(self, log: Path, mark: str) -> "subprocess.Popen[bytes]":
        """Starts it with a mark in its environment, so that its children can be found in whatever session."""
        wanted = {**os.environ, **self.environment, MARK: mark}
        environment = {name: value for name, value in wanted.items() if value is not None}
        with log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603
                self.arguments, cwd=self.folder, env=environment, stdout=out, stderr=out, start_new_session=True
            )


@dataclass(frozen=True)
class Memory:
    """Megabytes of some processes; `share` counts a page that several hold once, `resident` once for each."""

    share: float
    resident: float
    processes: int


class Running:
    """Commands that are running."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.leaders: list[subprocess.Popen[bytes]] = []
        self.mark = uuid4().hex

    def ended(self) -> int | None:
        """The status of the first of them that has ended; None while all run."""
        return next((code for leader in self.leaders if (code := leader.poll()) is not None), None)

    def memory(self) -> Memory:
        """What they and their children hold now."""
        shares, residents = [], []
        for number in self._members():
            with suppress(OSError, ValueError):
                held = _held(number)
                shares.append(held["Pss"])
                residents.append(held["Rss"])
        return Memory(sum(shares), sum(residents), len(shares))

    def stop(self) -> None:
        """Ends them and their children, by force where asking does not do."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for number in self._members():
                with suppress(ProcessLookupError):
                    os.kill(number, sign)
            self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + GRACE
        while (not self._all_ended() or self._members()) and time.monotonic() < until:
            time.sleep(0.05)

    def _all_ended(self) -> bool:
        return all(leader.poll() is not None for leader in self.leaders)

    def _members(self) -> list[int]:
        """Every process that has the mark: a child keeps it in a session of its own, and when its parent has gone."""
        mark, found = f"{MARK}={self.mark}".encode(), []
        for folder in PROC.glob("[0-9]*"):
            # Processes come and go meanwhile, and some are not ours to read; one that has ended has no environment.
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    def last_lines(self) -> str:
        """The end of their log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])


@contextmanager
def running(commands: Sequence[Command], log: Path) -> Iterator[Running]:
    """Starts commands and ends them, whatever happens meanwhile."""
    started = Running(log)
    try:
        for command in commands:
            started.leaders.append(command.start(log, started.mark))
        yield started
    finally:
        started.stop()


def end_when_told() -> None:
    """Takes a request to end (`kill`) as Ctrl+C, so that what was started is ended too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def run(command: Command, log: Path) -> float:
    """Runs a command to its end.

    Returns:
        The seconds it took.

    Raises:
        BotError: It failed.
    """
    began = time.perf_counter()
    with running([command], log) as started:
        code = started.leaders[0].wait()
        seconds = time.perf_counter() - began
    if code != 0:
        words = " ".join(command.arguments[1:4])
        raise BotError(f"benchmark: `{words}` failed; the end of its log:\n{started.last_lines()}")
    return seconds


def _held(number: int) -> dict[str, float]:
    lines = (PROC / str(number) / "smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}
