"""Commands that run beside us: started together, measured with all their children, and always ended."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import BotError

PROC = Path("/proc")
GRACE = 15.0
"""Seconds a process has to end by itself."""


@dataclass(frozen=True)
class Command:
    """A command, the folder it runs in, and what its environment has besides ours (None takes a name out)."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str | None] = field(default_factory=dict)

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Starts it in a session of its own, so that its children can be found."""
        wanted = {**os.environ, **self.environment}
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

    def alive(self) -> bool:
        """Whether every one of them still is."""
        return all(leader.poll() is None for leader in self.leaders)

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
        while (not self._ended() or self._members()) and time.monotonic() < until:
            time.sleep(0.05)

    def _ended(self) -> bool:
        return all(leader.poll() is not None for leader in self.leaders)

    def _members(self) -> list[int]:
        """Every process in the sessions of these commands: a child stays in one when its parent has gone."""
        sessions = {leader.pid for leader in self.leaders}
        return [number for number, session in _sessions() if session in sessions]

    def last_lines(self) -> str:
        """The end of their log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])


@contextmanager
def running(commands: Sequence[Command], log: Path) -> Iterator[Running]:
    """Starts commands and ends them, whatever happens meanwhile."""
    started = Running(log)
    try:
        for command in commands:
            started.leaders.append(command.start(log))
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


def _sessions() -> Iterator[tuple[int, int]]:
    """Every process that has not ended, with its session."""
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError):
            # The name in brackets may itself hold a bracket or a space.
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if state not in "ZX":
                yield int(folder.name), int(session)


def _held(number: int) -> dict[str, float]:
    lines = (PROC / str(number) / "smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}
