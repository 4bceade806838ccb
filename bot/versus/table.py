"""What was measured of each side, and the tables of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.versus.load import Load
from bot.versus.processes import Memory
from bot.versus.sides import Side

LEVELS = (1, 8, 64)
"""How many ask at once."""


@dataclass
class Figures:
    """What was measured of one side."""

    side: Side
    training: float | None = None
    start: float = 0.0
    memory: Memory = field(default_factory=lambda: Memory(0.0, 0.0, 0))
    loads: dict[int, Load] = field(default_factory=lambda: {level: Load() for level in LEVELS})


def table(measured: Sequence[Figures]) -> Iterator[str]:
    """Two tables in Markdown, and ours beside stock in a line each."""
    yield "| | examples | training | start to first answer | memory under load (PSS) | (RSS) | processes |"
    yield "|---|---|---|---|---|---|---|"
    for one in measured:
        trained = f"{one.training:.0f} s" if one.training is not None else "kept"
        trained += ", in another run" if one.training is not None and one.side.training is None else ""
        held = f"{one.memory.share:.0f} MB | {one.memory.resident:.0f} MB | {one.memory.processes}"
        yield f"| {one.side.name} | {one.side.examples:,} | {trained} | {one.start:.1f} s | {held} |"
    yield ""
    yield "| at once | | turns answered | median | 99th percentile | turns a second | refused | failed |"
    yield "|---|---|---|---|---|---|---|---|"
    for level in LEVELS:
        for one in measured:
            done = one.loads[level]
            times = f"{done.milliseconds(50):.1f} ms | {done.milliseconds(99):.1f} ms" if done.times else "– | –"
            counted = f"{done.rate:.1f} | {done.refused} | {done.failed}"
            yield f"| {level} | {one.side.name} | {len(done.times):,} | {times} | {counted} |"
    yield ""
    stock, *others = measured
    for one in others:
        yield f"{one.side.name} beside {stock.side.name}: {', '.join(_ratios(one, stock))}."


def _ratios(one: Figures, stock: Figures) -> Iterator[str]:
    """How many times as good, of what both could be measured in."""
    mine, theirs = one.loads[1], stock.loads[1]
    if mine.times and theirs.times:
        yield f"a turn, one at a time, {theirs.milliseconds(50) / mine.milliseconds(50):.1f} times as fast"
    for level in LEVELS[1:]:
        if rate := stock.loads[level].rate:
            yield f"{one.loads[level].rate / rate:.1f} times the turns a second at {level} at once"
    if stock.memory.share:
        yield f"{one.memory.share / stock.memory.share:.2f} of the memory (PSS)"
