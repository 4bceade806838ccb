"""The canary: marked messages go in by every way; no mark may come out anywhere. And the canary can sing."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext

from bot import paths
from bot.content.examples import all_examples

pytestmark = [pytest.mark.browser, pytest.mark.trained]

SERVER_SINKS = ("stdout", "stderr", "folder", "temporary", "models", "health", "header", "cookie")
BROWSER_SINKS = ("local", "session", "scriptcookie", "cache", "database", "history", "foreign")

PREFIX = "qxz" + "v"
"""Split, so that this file does not hold it."""

COUNTS = {"marks": 0, "ways": 0, "found": 0}
"""What `make test` tells at the end."""


def new_mark() -> str:
    """A word that stands nowhere else; letters only, so that redaction leaves it."""
    COUNTS["marks"] += 1
    return PREFIX + "".join(random.choices("bcdfghjklmnpqrstvwxz", k=12))


class Server:
    """A running server process, what it said, and what it touched."""

    def __init__(self, folder: Path, *, leaky: bool) -> None:
        self.out, self.err = folder / "stdout", folder / "stderr"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.stamp = folder / "stamp"
        self.stamp.touch()
        time.sleep(0.05)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {**os.environ, "TMPDIR": str(self.temporary), "LOG_LEVEL": "DEBUG", "RASA_LOG_LEVEL": "DEBUG"}
        environment["PYTHONASYNCIODEBUG"] = "0" if leaky else "1"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.troubled", str(self.port)],
            cwd=paths.ROOT,
            stdout=self.out.open("wb"),
            stderr=self.err.open("wb"),
            env={**environment, "AMAAN_LEAKY": "1" if leaky else "0"},
        )
        for _ in range(600):
            assert self.process.poll() is None, self.err.read_text("utf-8")[-2000:]
            try:
                if self.send("GET", "/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError("the server was not ready within two minutes")

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """The status, and all of the answer: headers and body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            head = "\n".join(f"{name}: {value}" for name, value in response.getheaders())
            return response.status, head + "\n\n" + response.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def ask(self, text: str, **fields: str | None) -> tuple[int, str]:
        """One turn by JSON."""
        turn = {"text": text, "locale": "en", **fields}
        return self.send("POST", "/api/turn", json.dumps(turn).encode(), Content_Type="application/json")

    def touched(self) -> list[Path]:
        """Every file on this machine written since the start, but for what the system itself writes."""
        command = ["find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/sys", "-o", "-name", ".git", ")"]
        command += ["-prune", "-o", "-type", "f", "-newer", str(self.stamp), "-print"]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        return [Path(line) for line in found if Path(line) not in (self.out, self.err)]

    def sinks_with(self, mark: str) -> set[str]:
        """The sinks of the server in which a mark stands."""
        found = set()
        for name, path in (("stdout", self.out), ("stderr", self.err)):
            if mark.encode() in path.read_bytes():
                found.add(name)
        for path in self.touched():
            try:
                if mark.encode() not in path.read_bytes():
                    continue
            except OSError:
                continue
            place = "models" if path.is_relative_to(paths.MODELS) else "folder"
            found.add("temporary" if path.is_relative_to(self.temporary) else place)
        if self.process.poll() is None:
            for path in ("/health", "/ready", "/", "/leave", "/chat.js"):
                head, _, body = self.send("GET", path)[1].partition("\n\n")
                if mark in body:
                    found.add("health")
                found |= {"cookie" if "Set-Cookie" in line else "header" for line in head.split("\n") if mark in line}
        return found


@contextmanager
def serving(*, leaky: bool) -> Iterator[Server]:
    """A server with a folder of its own for what it says; both go."""
    with tempfile.TemporaryDirectory(prefix="canary") as folder:
        server = Server(Path(folder), leaky=leaky)
        try:
            yield server
        finally:
            server.process.kill()
            server.process.wait()


def found_in(server: Server, marks: list[str]) -> list[tuple[str, set[str]]]:
    """The marks that came out. All are looked for at once, each alone only if one was found."""
    if not server.sinks_with(PREFIX):
        return []
    return [(mark, sinks) for mark in marks if (sinks := server.sinks_with(mark))]


def ways(server: Server) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Every way in; each takes a mark and sends it, and says what came back."""
    hiding = ("User-Agent", "Referer", "X-Forwarded-For", "Cookie", "Accept-Language", "Origin", "X-Anything")
    for locale in ("en", "ur", "pl", "ar", "bn", "es"):
        yield f"text, {locale}", lambda mark, locale=locale: server.ask(f"{mark} 999 visa", locale=locale)
    for field in ("locale", "nation", "topic", "choice", "unheard"):
        yield f"field {field}", lambda mark, field=field: server.ask("hello", **{field: mark})
    for field in ("text", "locale", "topic", "choice", "set_locale", "set_nation", "unheard"):
        yield (
            f"form {field}",
            lambda mark, field=field: server.send(
                "POST",
                "/",
                urlencode({"text": "hello", "locale": "en"} | {field: mark}).encode(),
                Content_Type="application/x-www-form-urlencoded",
            ),
        )
    for name in hiding:
        yield f"header {name}", lambda mark, name=name: server.send("GET", "/", **{name: f"a={mark}"})
    yield "path", lambda mark: server.send("GET", f"/{mark}?{mark}")
    yield "query", lambda mark: server.send("GET", f"/?q={mark}")
    yield "method", lambda mark: server.send(mark.upper()[:12], "/")
    yield "oversize", lambda mark: server.ask(f"{mark} " * 2000)
    yield "too long", lambda mark: server.ask(f"{mark} " * 80)
    yield (
        "malformed body",
        lambda mark: server.send("POST", "/api/turn", f'{{"{mark}'.encode(), Content_Type="application/json"),
    )
    yield "wrong type", lambda mark: server.send("POST", "/api/turn", mark.encode(), Content_Type=mark)
    yield "multipart", lambda mark: server.send("POST", "/", mark.encode(), Content_Type="multipart/form-data")
    yield "command", lambda mark: server.ask(f"/{mark}")
    yield "engine exception", lambda mark: server.ask(f"{mark} mode-crash")
    yield "death of workers", lambda mark: server.ask(f"{mark} mode-death")
    yield "handler exception", lambda mark: server.ask(f"{mark} mode-handler")
    yield "time-out", lambda mark: server.ask(f"{mark} mode-slow")
    yield "malformed header", lambda mark: raw(server, f"GET / HTTP/1.1\r\n{mark} {mark}\r\n\r\n")
    yield "malformed request", lambda mark: raw(server, f"{mark} {mark} {mark}\r\n\r\n")
    yield "slow client", lambda mark: raw(server, f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{mark}")


def raw(server: Server, request: str) -> tuple[int, str]:
    """Bytes as they are; the answer as it comes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(65536).decode("utf-8", "replace")
    return 0, answer


def test_no_mark_comes_out(chromium: Browser, model: Path) -> None:
    """Every field, header, form and failure, in 36 ways of writing, at the most talkative; no mark anywhere."""
    marks: list[str] = []
    statuses: set[int] = set()
    with serving(leaky=False) as server:
        for name, send in ways(server):
            mark = new_mark()
            marks.append(mark)
            COUNTS["ways"] += 1
            try:
                status, answer = send(mark)
            except (OSError, HTTPException):
                continue
            statuses.add(status)
            assert mark not in answer, name
        for texts in all_examples().values():
            mark = new_mark()
            marks.append(mark)
            status, answer = server.ask(f"{texts[0]} {mark}")
            assert status == 200
            assert mark not in answer
        assert 503 in overload(server, marks)
        assert statuses >= {200, 400, 404, 413, 415, 503}
        wait_for_answers(server)
        marks += talk(chromium, server, [])
        stop_in_mid_turn(server, marks)
        COUNTS["ways"] += 4
        found = found_in(server, marks)
    COUNTS["found"] += len(found)
    assert not found


def overload(server: Server, marks: list[str]) -> set[int]:
    """Eight slow turns at once, where three have room."""
    statuses: set[int] = set()
    batch = [new_mark() for _ in range(8)]
    marks += batch

    def one(mark: str) -> None:
        status, answer = server.ask(f"{mark} mode-slow")
        statuses.add(status)
        assert mark not in answer
        assert status != 503 or "Retry-After" in answer

    threads = [threading.Thread(target=one, args=(mark,)) for mark in batch]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def wait_for_answers(server: Server) -> None:
    """After so much trouble the dead workers are replaced one after another; a minute is enough."""
    until = time.monotonic() + 60
    while server.ask("can you help me")[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.5)


def stop_in_mid_turn(server: Server, marks: list[str]) -> None:
    """The server is told to stop while a turn is being worked on."""
    mark = new_mark()
    marks.append(mark)

    def one() -> None:
        try:
            server.ask(f"{mark} mode-slow")
        except (OSError, HTTPException):
            return

    thread = threading.Thread(target=one)
    thread.start()
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=90)
    thread.join()


def talk(chromium: Browser, server: Server, sinks: list[str]) -> list[str]:
    """A talk through Chromium; its marks, none of which may stay in the browser. With `sinks`, each must be found."""
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.click('button[name="set_locale"][value="en"]')
    page.wait_for_selector("article.answer")
    marks = []
    for sink in sinks or [""]:
        mark = new_mark()
        marks.append(mark)
        count = page.locator("article.answer").count()
        page.fill("#text", f"{mark} leak-{sink} can you help me")
        page.click("button.send")
        page.locator("article.answer").nth(count).wait_for()
        page.wait_for_timeout(200)
        found = kept_by(context, asked, mark)
        assert found == ({sink} if sink else set()), sink
    if not sinks:
        assert page.evaluate("history.length") <= 3
        assert {url.split("?")[0] for url in asked if "127.0.0.1" not in url and not url.startswith("data:")} == set()
    context.close()
    return marks


def kept_by(context: BrowserContext, asked: list[str], mark: str) -> set[str]:
    """The places of a browser in which a mark stands."""
    page = context.pages[0]
    kept = page.evaluate(
        """async () => ({
          local: JSON.stringify({...localStorage}),
          session: JSON.stringify({...sessionStorage}),
          scriptcookie: document.cookie,
          cache: JSON.stringify(await Promise.all((await caches.keys()).map(async (name) => {
            const cache = await caches.open(name);
            const texts = (await cache.keys()).map(async (key) => (await cache.match(key)).text());
            return Promise.all(texts);
          }))),
          database: JSON.stringify(await indexedDB.databases()),
          history: location.href + document.title + window.name,
          worker: String((await navigator.serviceWorker.getRegistrations()).length || ""),
        })"""
    )
    found = {place for place, value in kept.items() if mark in str(value)}
    if any(mark in str(cookie) for cookie in context.cookies()):
        found.add("scriptcookie")
    if any(mark in url and "127.0.0.1" not in url for url in asked):
        found.add("foreign")
    assert not kept["worker"]
    return found


def test_the_canary_would_have_sung(chromium: Browser, model: Path) -> None:
    """One deliberate leak into each sink, and each is found, in that sink and no other."""
    litter = [paths.ROOT / "leak.txt", paths.MODELS / "leak.txt"]
    try:
        with serving(leaky=True) as server:
            for sink in SERVER_SINKS:
                mark = new_mark()
                server.ask(f"{mark} leak-{sink} can you help me")
                assert server.sinks_with(mark) == {sink}
            talk(chromium, server, list(BROWSER_SINKS))
    finally:
        for path in litter:
            path.unlink(missing_ok=True)
