"""The tables: what was measured and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.versus.load import Door, Load
from bot.versus.processes import Command, Memory
from bot.versus.sides import Side
from bot.versus.table import LEVELS, Figures, table


def figures(name: str, milliseconds: float, megabytes: float, *, training: float | None = 60.0) -> Figures:
    """A side that answers each turn in the same time, one after the other."""
    side = Side(name, 3600, Command(("train",), Path()), (), Door("", lambda turn, talk: {}, list))
    loads = {level: Load([milliseconds / 1000] * 100, 3, 1, milliseconds / 10) for level in LEVELS}
    return Figures(side, training, 12.34, Memory(megabytes, megabytes * 2, 3), loads)


@pytest.fixture
def lines() -> list[str]:
    return list(table([figures("stock", 40.0, 1600.0, training=700.0), figures("ours", 10.0, 800.0)]))


def test_a_row_a_side(lines: list[str]) -> None:
    """Examples, training, start and memory of each side."""
    assert "| stock | 3,600 | 700 s | 12.3 s | 1600 MB | 3200 MB | 3 |" in lines
    assert "| ours | 3,600 | 60 s | 12.3 s | 800 MB | 1600 MB | 3 |" in lines


def test_a_training_of_another_run_is_said_to_be_one() -> None:
    """Its seconds were not taken in this run."""
    one = figures("stock", 40.0, 1600.0, training=700.0)
    one.side = replace(one.side, training=None)
    assert any(line.startswith("| stock | 3,600 | 700 s, in another run |") for line in table([one]))


@pytest.mark.parametrize("level", LEVELS)
def test_a_row_a_level_and_side(lines: list[str], level: int) -> None:
    """Times of what was answered; refusals and failures beside them."""
    assert f"| {level} | stock | 100 | 40.0 ms | 40.0 ms | 25.0 | 3 | 1 |" in lines


def test_ours_beside_stock(lines: list[str]) -> None:
    """How many times as good, against what the goals say."""
    assert lines[-1] == (
        "ours beside stock: a turn, one at a time, 4.0 times as fast, 4.0 times the turns a second at 8 at once, "
        "4.0 times the turns a second at 64 at once, 0.50 of the memory (PSS)."
    )


def test_a_model_that_was_kept_has_no_time() -> None:
    """A training that did not happen is not a fast one."""
    assert any("| kept |" in line for line in table([figures("stock", 1.0, 1.0, training=None)]))


def test_a_level_nobody_was_answered_at() -> None:
    """No time is made up where there was no answer."""
    stock, ours = figures("stock", 40.0, 1600.0), figures("ours", 10.0, 800.0)
    stock.loads[64] = Load([], 900, 0, 15.0)
    lines = list(table([stock, ours]))
    assert "| 64 | stock | 0 | – | – | 0.0 | 900 | 0 |" in lines
    assert "at 64 at once" not in lines[-1]


def test_every_row_has_every_column(lines: list[str]) -> None:
    """Markdown shows a row that lacks a cell as something else."""
    rows = [line.count("|") for line in lines if line.startswith("|")]
    assert rows == [8] * 4 + [9] * (2 + 2 * len(LEVELS))
