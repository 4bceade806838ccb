"""What the tests share: the content, a trained engine, a client that speaks real HTTP."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot import paths
from bot.content.replies import Content
from bot.engine import Engine
from bot.gateway.app import make_app
from tests.doubles import Connect


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--language", metavar="TAG", help="only what concerns this language")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`--language ur` keeps the tests that have a parameter `locale` of that language."""
    wanted = config.getoption("--language")
    if not wanted:
        return
    wanted = str(wanted).replace("-", "_")
    for item in list(items):
        locale = getattr(item, "callspec", None) and item.callspec.params.get("locale")
        if not locale or wanted not in (locale, locale.split("_")[0]):
            items.remove(item)


CANARY = pytest.StashKey[str]()
"""One line on the canary: what was sent, how, where it was looked for, what was found."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keeps the line on the canary; with several processes, the one that had it tells the one that reports."""
    canary = sys.modules.get("tests.browser.test_canary")
    if canary is None or not canary.COUNTS["ways"]:
        return
    sinks = len(canary.SERVER_SINKS) + len(canary.BROWSER_SINKS)
    counts = canary.COUNTS
    session.config.stash[CANARY] = line = (
        f"canary: {counts['marks']} marks sent through {counts['ways']} ways, looked for in {sinks} sinks, "
        f"found: {counts['found']}"
    )
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["canary"] = line


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A process of several has ended (pytest-xdist)."""
    if line := getattr(node, "workeroutput", {}).get("canary"):
        node.config.stash[CANARY] = line


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The line on the canary."""
    if line := terminalreporter.config.stash.get(CANARY, ""):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def content() -> Content:
    """What we really say."""
    return Content.read()


@pytest.fixture(scope="session")
def model() -> Any:
    """The path of a model trained on the data as it is now."""
    path = paths.model_path()
    if not path.exists():
        from bot.embedded import train

        train()
    return path


@pytest.fixture(scope="session")
def engine(model: Any) -> Engine:
    """The real engine."""
    from bot.embedded import RasaEngine

    return RasaEngine.load(model)


@pytest.fixture
async def connect(content: Content) -> AsyncIterator[Connect]:
    """Opens a client on a server with a given engine."""
    clients: list[TestClient[Any, Any]] = []

    async def open_client(engine: Engine) -> TestClient[Any, Any]:
        client = TestClient(TestServer(make_app(engine, content)))
        await client.start_server()
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.close()


@pytest.fixture(scope="session")
def address(serving: tuple[str, int]) -> str:
    """The address of a server process that is ready."""
    return serving[0]


@pytest.fixture(scope="session")
def serving(model: Path) -> Iterator[tuple[str, int]]:
    """A server process that is ready: its address and its number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bot", "serve", "--demo", "--port", str(port)]
    server = subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready") as response:
                    if response.status == 200:
                        break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail("the server was not ready within two minutes")
        yield f"http://127.0.0.1:{port}/", server.pid
    finally:
        server.terminate()
        server.wait()
