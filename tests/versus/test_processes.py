"""Servers beside us: found with their children, measured, and never left behind."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bot import paths
from bot.errors import BotError
from bot.versus.processes import Command, run, running

CHILD = "import time; held = bytearray(50_000_000); print('there', flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {CHILD!r}]); time.sleep(600)"
APART = PARENT.replace("])", "], start_new_session=True)")
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + CHILD


def command(code: str, folder: Path, **environment: str | None) -> Command:
    return Command((sys.executable, "-c", code), folder, environment)


def wait_for(log: Path, word: str) -> None:
    for _ in range(200):
        if log.exists() and word in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.05)
    pytest.fail("the process said nothing")


@pytest.mark.parametrize("parent", [PARENT, APART], ids=["in its session", "in another"])
def test_memory_counts_the_children(tmp_path: Path, parent: str) -> None:
    """A worker's memory is its server's, also where Ctrl+C is kept from it by a session of its own."""
    with running([command(parent, tmp_path)], tmp_path / "log") as started:
        wait_for(tmp_path / "log", "there")
        memory = started.memory()
    assert memory.processes == 2
    assert 50 < memory.share < memory.resident


@pytest.mark.parametrize("parent", [PARENT, APART], ids=["in its session", "in another"])
def test_children_end_with_their_parent(tmp_path: Path, parent: str) -> None:
    """Nothing goes on running when the benchmark breaks off."""
    with pytest.raises(KeyboardInterrupt), running([command(parent, tmp_path)], tmp_path / "log") as started:
        wait_for(tmp_path / "log", "there")
        raise KeyboardInterrupt
    assert started._members() == []


def test_a_child_without_a_parent_is_found(tmp_path: Path) -> None:
    """A worker whose server was killed is ended too."""
    with running([command(APART, tmp_path)], tmp_path / "log") as started:
        wait_for(tmp_path / "log", "there")
        os.kill(started.leaders[0].pid, signal.SIGKILL)
        started.leaders[0].wait()
        assert started.ended() == -signal.SIGKILL
        assert len(started._members()) == 1
    assert started._members() == []


def test_who_will_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ignores being asked is killed."""
    monkeypatch.setattr("bot.versus.processes.GRACE", 0.5)
    with running([command(STUBBORN, tmp_path)], tmp_path / "log") as started:
        wait_for(tmp_path / "log", "there")
    assert started.leaders[0].returncode == -signal.SIGKILL


def test_a_command_that_fails_shows_its_last_words(tmp_path: Path) -> None:
    """Whoever runs the benchmark learns why a training failed."""
    with pytest.raises(BotError, match="no such intent"):
        run(command("raise SystemExit('no such intent')", tmp_path), tmp_path / "log")


def test_names_can_be_taken_out_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stock Rasa does not find our modules."""
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    asked = command("import os; raise SystemExit('PYTHONPATH' in os.environ)", tmp_path, PYTHONPATH=None)
    assert run(asked, tmp_path / "log") > 0


def test_a_benchmark_that_is_told_to_end_leaves_nothing(tmp_path: Path) -> None:
    """`kill` ends the servers too, not only Ctrl+C."""
    code = (
        "import sys, time; from pathlib import Path; from bot.versus import processes\n"
        "processes.end_when_told()\n"
        f"server = processes.Command((sys.executable, '-c', {CHILD!r}), Path('.'))\n"
        f"with processes.running([server], Path({str(tmp_path / 'inner')!r})) as started:\n"
        "    print(started.leaders[0].pid, flush=True); time.sleep(600)"
    )
    asked = Command((sys.executable, "-c", code), paths.ROOT, {"PYTHONPATH": str(paths.ROOT)})
    with running([asked], tmp_path / "log") as started:
        wait_for(tmp_path / "inner", "there")
        server = int((tmp_path / "log").read_text(encoding="utf-8"))
        started.leaders[0].terminate()
        assert started.leaders[0].wait(timeout=30) != 0
    assert not (Path("/proc") / str(server)).exists()
