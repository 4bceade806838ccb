"""Several processes answer: whichever dies, nobody who asked goes without an answer, and none is left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop

from bot import cli, paths
from bot.benchmark import megabytes, processes
from bot.engine import Answer, Engine, Turn
from bot.errors import EngineUnavailableError
from bot.gateway.bounds import Bounds
from bot.workers import EnginePool

OBEDIENT = "tests.doubles:ObedientEngine"
SECONDS = 90
"""What is waited for comes; how soon is not tested."""

OpenPool = Callable[[int], Awaitable[EnginePool]]


async def until(condition: Callable[[], Any]) -> Any:
    """Waits until something is so, and returns it."""
    async with asyncio.timeout(SECONDS):
        while not (found := condition()):
            await asyncio.sleep(0.02)
    return found


def ours() -> list[int]:
    """The nursery and its workers; the server and the browser of other tests, still running, are not ours."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    all_children = [int(child) for path in children for child in path.read_text(encoding="ascii").split()]
    nurseries = [pid for pid in all_children if b"bot.nursery" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return [pid for nursery in nurseries for pid in processes(nursery)]


def workers() -> list[int]:
    """The processes that answer: children of the nursery, which is ours."""
    return ours()[1:]


def begun(folder: Path) -> list[int]:
    """The processes that began with a turn that says so."""
    return [int(path.name.removeprefix("begun-")) for path in folder.glob("begun-*")]


def ask(pool: EnginePool, text: str) -> asyncio.Task[Answer]:
    return asyncio.create_task(pool.turn(Turn(text, None, "en")))


@pytest.fixture
async def open_pool(tmp_path: Path) -> AsyncIterator[OpenPool]:
    """Opens a pool of obedient engines and waits until all its workers are there; none may be left at the end."""
    pools: list[EnginePool] = []

    async def open_one(count: int) -> EnginePool:
        pool = EnginePool(OBEDIENT, tmp_path, count)
        pools.append(pool)
        await pool.start()
        await until(lambda: pool.ready and len(workers()) == count)
        return pool

    yield open_one
    family = ours()
    for pool in pools:
        await pool.stop()
    await until(lambda: not any(alive(pid) for pid in family))


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_any_event_loop_will_do(tmp_path: Path) -> None:
    """Sanic installs uvloop for the whole process as soon as Rasa tests a model."""

    async def answered() -> bool:
        pool = EnginePool(OBEDIENT, tmp_path, 1)
        await pool.start()
        try:
            await until(lambda: pool.ready)
            return (await pool.turn(Turn("hello", None, "en"))).answered
        finally:
            await pool.stop()

    for loops in (asyncio.DefaultEventLoopPolicy(), uvloop.EventLoopPolicy()):
        with asyncio.Runner(loop_factory=loops.new_event_loop) as runner:
            assert runner.run(answered())


async def test_two_turns_are_worked_on_at_once(open_pool: OpenPool, tmp_path: Path) -> None:
    """Each in a process of its own, and neither here."""
    pool = await open_pool(2)
    turns = [ask(pool, "begin and wait") for _ in range(2)]
    await until(lambda: len(begun(tmp_path)) == 2)
    (tmp_path / "go").touch()
    answers = {(await turn).topic for turn in turns}
    assert answers == set(map(str, begun(tmp_path)))
    assert str(os.getpid()) not in answers


async def test_who_asked_a_worker_that_is_killed_is_answered_by_another(open_pool: OpenPool, tmp_path: Path) -> None:
    """In mid-turn, with no place free but the one that dies; and a new one takes its place."""
    pool = await open_pool(1)
    turn = ask(pool, "begin and wait")
    (first,) = await until(lambda: begun(tmp_path))
    os.kill(first, signal.SIGKILL)
    await until(lambda: len(begun(tmp_path)) == 2)
    (tmp_path / "go").touch()
    second = int((await turn).topic or 0)
    assert second != first
    assert workers() == [second]


async def test_a_turn_that_kills_is_given_up_and_the_next_is_answered(open_pool: OpenPool, tmp_path: Path) -> None:
    """Two workers die of it, no more."""
    pool = await open_pool(2)
    for _ in range(3):
        with pytest.raises(EngineUnavailableError):
            await pool.turn(Turn("begin and die", None, "en"))
    assert len(begun(tmp_path)) == 6
    assert (await pool.turn(Turn("hello", None, "en"))).answered
    await until(lambda: len(workers()) == 2)


async def test_workers_that_die_while_nobody_asks_are_not_held_against_a_turn(open_pool: OpenPool) -> None:
    """All of them, just before she asks."""
    pool = await open_pool(3)
    before = workers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert int((await pool.turn(Turn("hello", None, "en"))).topic or 0) not in before


async def test_a_worker_whose_asker_has_gone_ends_its_turn_and_takes_the_next(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """The late answer goes to nobody: the next one gets her own."""
    pool = await open_pool(1)
    turn = ask(pool, "begin and wait")
    (worker,) = await until(lambda: begun(tmp_path))
    turn.cancel()
    following = asyncio.create_task(pool.turn(Turn("hello", None, "ur")))
    await asyncio.sleep(0)
    (tmp_path / "go").touch()
    answer = await following
    assert (answer.topic, answer.locale) == (str(worker), "ur")


async def test_a_worker_that_stands_still_counts_as_dead(
    open_pool: OpenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked it is answered by another, and it is ended."""
    monkeypatch.setattr("bot.workers.LOST_AFTER", 3)
    pool = await open_pool(2)
    frozen = workers()[0]
    os.kill(frozen, signal.SIGSTOP)
    answers = await asyncio.gather(*(pool.turn(Turn("hello", None, "en")) for _ in range(2)))
    assert str(frozen) not in {answer.topic for answer in answers}
    await until(lambda: not alive(frozen) and len(workers()) == 2)


async def test_a_turn_without_end_is_given_up(open_pool: OpenPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its workers are ended, and the next turn is answered."""
    monkeypatch.setattr("bot.workers.LOST_AFTER", 1)
    pool = await open_pool(2)
    before = workers()
    with pytest.raises(EngineUnavailableError):
        await pool.turn(Turn("wait", None, "en"))
    monkeypatch.undo()
    assert int((await pool.turn(Turn("hello", None, "en"))).topic or 0) not in before


async def test_a_turn_that_waited_in_vain_takes_no_place(open_pool: OpenPool, tmp_path: Path) -> None:
    """Given up before its turn came, it ends nobody."""
    pool = await open_pool(1)
    first, second = ask(pool, "begin and wait"), ask(pool, "begin")
    await until(lambda: begun(tmp_path))
    second.cancel()
    (tmp_path / "go").touch()
    assert (await first).topic == (await pool.turn(Turn("hello", None, "en"))).topic


@pytest.mark.parametrize("fault", ["fail", "say nothing of use"])
async def test_an_engine_that_fails_says_nothing_of_the_text(open_pool: OpenPool, fault: str) -> None:
    """And goes on answering: a fault is no death."""
    pool = await open_pool(1)
    before = workers()
    with pytest.raises(EngineUnavailableError) as caught:
        await pool.turn(Turn(f"{fault} zanzibar", None, "en"))
    error: BaseException | None = caught.value
    while error is not None:
        assert "zanzibar" not in repr(error)
        error = error.__cause__ or error.__context__
    assert [int((await pool.turn(Turn("hello", None, "en"))).topic or 0)] == before


async def test_a_nursery_that_dies_is_replaced_while_its_workers_answer(open_pool: OpenPool) -> None:
    """And the new one makes new workers."""
    pool = await open_pool(1)
    nursery, worker = ours()
    os.kill(nursery, signal.SIGKILL)
    assert (await pool.turn(Turn("hello", None, "en"))).topic == str(worker)
    os.kill(worker, signal.SIGKILL)
    assert (await pool.turn(Turn("hello", None, "en"))).topic not in (None, str(worker))


async def test_no_process_leaves_its_memory_on_the_disk(open_pool: OpenPool) -> None:
    """No core dump of the nursery or a worker."""
    await open_pool(2)
    for pid in ours():
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
        assert next(line for line in limits if line.startswith("Max core")).split()[4:6] == ["0", "0"]


@pytest.mark.rasa
@pytest.mark.parametrize("model", ["missing", "broken"])
async def test_a_model_that_cannot_be_loaded_is_said_once(tmp_path: Path, model: str) -> None:
    """In one line that says what to do; and it is not tried for ever."""
    path, told = tmp_path / "amaan-0.tar.gz", list[str]()
    if model == "broken":
        path.write_bytes(b"no model")
    pool = EnginePool("bot.embedded:RasaEngine.load", path, 2, tell=told.append)
    await pool.start()
    try:
        await until(lambda: told)
        await until(lambda: not ours())
        assert not pool.ready
        with pytest.raises(EngineUnavailableError, match="cannot be loaded"):
            await pool.until_ready()
        with pytest.raises(EngineUnavailableError):
            await pool.turn(Turn("hello", None, "en"))
    finally:
        await pool.stop()
    (line,) = told
    assert "amaan-0.tar.gz: cannot be loaded" in line
    assert "python -m bot train" in line
    assert "\n" not in line


GATEWAY = """
import sys
from pathlib import Path
from bot.content.replies import Content
from bot.gateway.app import make_app
from bot.gateway.serving import run
from bot.workers import EnginePool
run(make_app(EnginePool(sys.argv[1], Path(sys.argv[2]), 2), Content.read()), "127.0.0.1", int(sys.argv[3]))
"""


class Gateway:
    """The server in a process of its own, before two obedient engines."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-c", GATEWAY, OBEDIENT, str(folder), str(port)]
        self.process = subprocess.Popen(
            command, cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def post(self, text: str) -> int:
        """The status of one turn."""
        body = json.dumps({"text": text, "locale": "en"}).encode()
        headers = {"Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{self.address}/api/turn", body, headers)) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def is_ready(self) -> bool:
        """Whether both workers are there."""
        try:
            with urllib.request.urlopen(f"{self.address}/ready"):
                return len(processes(self.process.pid)) == 4
        except OSError:
            return False


@pytest.fixture
async def gateway(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Gateway]:
    """A running server."""
    server = Gateway(tmp_path, unused_tcp_port)
    try:
        await until(server.is_ready)
        # The first turn of all makes what redacts, which may take a slow machine longer than a turn may.
        await until(lambda: server.post("hello") == 200)
        yield server
    finally:
        server.process.kill()
        server.process.wait()


async def test_nobody_is_left_when_the_gateway_is_killed(gateway: Gateway, tmp_path: Path) -> None:
    """Even by SIGKILL, even lost in a turn."""
    turn = asyncio.create_task(asyncio.to_thread(gateway.post, "begin and wait"))
    await until(lambda: begun(tmp_path))
    family = processes(gateway.process.pid)
    assert len(family) == 4
    gateway.process.kill()
    gateway.process.wait()
    await until(lambda: not any(map(alive, family)))
    with pytest.raises(OSError):
        await turn


async def test_a_turn_in_progress_is_answered_before_the_server_stops(gateway: Gateway, tmp_path: Path) -> None:
    """Told to stop, as a service is: every process of it at once."""
    turn = asyncio.create_task(asyncio.to_thread(gateway.post, "begin and wait"))
    await until(lambda: begun(tmp_path))
    family = processes(gateway.process.pid)
    for pid in family:
        os.kill(pid, signal.SIGTERM)
    (tmp_path / "go").touch()
    assert await turn == 200
    await until(lambda: not any(map(alive, family)))
    assert gateway.process.wait() == 0


async def test_nothing_typed_is_printed_by_any_process(gateway: Gateway) -> None:
    """Neither by an engine that prints it, nor by one that fails or dies of it."""
    for fault in ("print", "print and fail", "print and die", "say nothing of use"):
        await asyncio.to_thread(gateway.post, f"zanzibar {fault}")
    gateway.process.terminate()
    printed, _ = await asyncio.to_thread(gateway.process.communicate)
    assert printed.splitlines()[1:] == []
    assert "zanzibar" not in printed


@pytest.mark.rasa
@pytest.mark.trained
async def test_a_worker_answers_as_the_engine_does(model: Path, engine: Engine) -> None:
    """Word for word, in any writing, after the fork; and two workers share the memory of the model."""
    pool = EnginePool("bot.embedded:RasaEngine.load", model, 2)
    await pool.start()
    try:
        await pool.until_ready()
        await until(lambda: len(workers()) == 2)
        nursery = ours()[0]
        # A second thread would not be there after the fork, and who waits for it would wait for ever.
        assert len(list(Path(f"/proc/{nursery}/task").iterdir())) == 1
        for text, locale in [("will I be deported if I report him", "en"), ("وہ مجھے مارتا ہے", "ur"), ("zzz", "pl")]:
            turn = Turn(text, None, locale, "wales")
            answers = await asyncio.gather(*(pool.turn(turn) for _ in range(4)), engine.turn(turn))
            assert all(answer == answers[-1] for answer in answers)
        alone = resident(nursery)
        together = sum(megabytes(pid) for pid in ours())
        print(f"one process {alone:.0f} MB, a nursery and two workers {together:.0f} MB")
        assert together < 1.7 * alone
    finally:
        await pool.stop()


def resident(pid: int) -> float:
    """Megabytes of memory that a process sees, shared or not."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.rasa
@pytest.mark.trained
async def test_who_asks_while_workers_are_killed_is_answered(serving: tuple[str, int]) -> None:
    """Eight ask fifty times over HTTP, while one worker after another is killed: every answer is 200."""
    address, pid = serving
    body = {"text": "My husband hits me. Can I go to a refuge?", "locale": "en"}
    turns = 50
    answered: list[list[int]] = [[] for _ in range(8)]
    async with aiohttp.ClientSession() as client:

        async def asker(statuses: list[int]) -> None:
            for _ in range(turns):
                async with client.post(f"{address}api/turn", json=body) as answer:
                    statuses.append(answer.status)

        async def killer() -> int:
            killed = 0
            while any(len(statuses) < turns for statuses in answered):
                *_, worker = await until(lambda: processes(pid)[2:])
                waiting = {at: len(statuses) for at, statuses in enumerate(answered) if len(statuses) < turns}
                os.kill(worker, signal.SIGKILL)
                killed += 1
                # A turn may lose one worker, not two: each killing waits until whoever was asking then is answered.
                await until(lambda waiting=waiting: all(len(answered[at]) > count for at, count in waiting.items()))
            return killed

        *_, killed = await asyncio.gather(*map(asker, answered), killer())
    statuses = [status for each in answered for status in each]
    print(f"{len(statuses)} turns, {killed} workers killed")
    assert killed >= 15
    assert set(statuses) == {200}


@pytest.mark.parametrize("written", ["0", "-1", "257", "two", "1.5", "", "٢"])
def test_a_senseless_number_of_workers_is_refused(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In our words, which say what is allowed."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(["serve", f"--workers={written}"])
    assert str(stopped.value) == "--workers: not a number of processes; it should be from 1 to 256"


def test_the_bounds_keep_every_worker_busy() -> None:
    """As many turns at once as there are workers, and as many made ready; never fewer than before."""
    assert [Bounds.for_workers(count).at_once for count in (1, 2, 16)] == [4, 4, 32]
