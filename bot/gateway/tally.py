"""What whoever runs it may know: how many turns an hour had and how long they took; nothing of any one of them."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median, quantiles

FEWEST = 10
"""Fewer turns than this are not counted out: one person's visit must not be seen."""


@dataclass
class Tally:
    """Sums over an hour; a line is written when the hour is over and somebody asks again, or the server stops.

    Attributes:
        clock: The time now; set by tests.
        write: Where a line goes; standard output.
    """

    clock: Callable[[], datetime] = datetime.now
    write: Callable[[str], object] = field(default=lambda line: print(line, file=sys.stdout, flush=True), repr=False)
    _hour: str = ""
    _seconds: list[float] = field(default_factory=list, repr=False)
    _refused: int = 0

    def count(self, seconds: float, *, refused: bool) -> None:
        """Counts one turn: how long it took (s), and whether it got no answer."""
        hour = f"{self.clock():%Y-%m-%d %H:00}"
        if hour != self._hour:
            self.close()
            self._hour = hour
        self._seconds.append(seconds)
        self._refused += refused

    def close(self) -> None:
        """Writes the hour's line, where there was a turn at all, and begins anew."""
        if self._seconds:
            self.write(f"{self._hour} {self._line()}")
        self._hour, self._seconds, self._refused = "", [], 0

    def _line(self) -> str:
        turns = len(self._seconds)
        if turns < FEWEST:
            return f"fewer than {FEWEST} turns"
        refused = self._refused if self._refused >= FEWEST else f"fewer than {FEWEST}"
        slow = quantiles(self._seconds, n=10)[-1]
        return f"{turns} turns, {refused} refused, {median(self._seconds):.2f} s, one in ten over {slow:.2f} s"
