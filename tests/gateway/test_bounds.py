"""How much at once and how long; and who may show us in a frame."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.content.replies import Content
from bot.engine import Answer, Turn
from bot.gateway import serving
from bot.gateway.app import make_app
from bot.gateway.bounds import Bounds
from bot.gateway.tally import Tally

TURN = {"text": "hello", "locale": "en"}


class SlowEngine:
    """Takes its time."""

    ready = True

    async def turn(self, turn: Turn) -> Answer:
        await asyncio.sleep(0.5)
        return Answer((), (), "greet", False, True, turn.locale)


@pytest.fixture
async def client(content: Content) -> Any:
    """One turn at a time, one waiting."""
    within = Bounds(at_once=1, waiting=1, turn_seconds=5)
    async with TestClient(TestServer(make_app(SlowEngine(), content, within=within))) as client:
        yield client


async def test_one_more_than_may_wait_is_refused_with_the_emergency_numbers(client: Any) -> None:
    """503 and `Retry-After` at once, not an endless wait; who was there first is answered."""
    answers = await asyncio.gather(*(client.post("/api/turn", json=TURN) for _ in range(4)))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200, 200, 503, 503]
    refused = next(answer for answer in answers if answer.status == 503)
    assert "Retry-After" in refused.headers
    assert "999" in [number["number"] for number in (await refused.json())["emergency"]]


async def test_the_page_opens_while_all_places_are_taken(client: Any) -> None:
    """Whoever comes during a flood still gets the emergency numbers and the languages."""
    busy = [asyncio.create_task(client.post("/api/turn", json=TURN)) for _ in range(2)]
    await asyncio.sleep(0.1)
    assert (await client.get("/")).status == 200
    await asyncio.gather(*busy)


async def test_a_turn_that_takes_too_long_is_given_up(content: Content) -> None:
    """And its place is free again."""
    within = Bounds(at_once=1, waiting=0, turn_seconds=0.1)
    async with TestClient(TestServer(make_app(SlowEngine(), content, within=within))) as client:
        for _ in range(2):
            answer = await client.post("/api/turn", json=TURN)
            assert (answer.status, (await answer.json())["error"]["field"]) == (503, "time")


async def test_a_body_that_does_not_arrive_is_not_waited_for(content: Content) -> None:
    """A slow client holds no place for long."""

    async def drip() -> Any:
        yield b"{"
        await asyncio.sleep(1)
        yield b"}"

    within = Bounds(body_seconds=0.1)
    async with TestClient(TestServer(make_app(SlowEngine(), content, within=within))) as client:
        answer = await client.post("/api/turn", data=drip(), headers={"Content-Type": "application/json"})
        assert answer.status == 503


async def test_only_named_sites_may_show_us_in_a_frame(content: Content) -> None:
    """None by default."""
    for sites, policy in ((), "'none'"), (["https://charity.example"], "https://charity.example"):
        async with TestClient(TestServer(make_app(SlowEngine(), content, embed_on=sites))) as client:
            header = (await client.get("/")).headers["Content-Security-Policy"]
            assert header.endswith(f"frame-ancestors {policy}")


async def test_a_connection_that_never_asks_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that drips in for ever holds no place; a request that came in time is answered, however late."""
    monkeypatch.setattr(serving, "FIRST_REQUEST", 0.3)

    async def answer(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.6)
        return web.Response(text="here")

    loop, manager = asyncio.get_running_loop(), web.Server(answer)
    listening = await loop.create_server(lambda: serving.QuietHandler(manager, loop=loop), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    slow, quick = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    slow[1].write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
    quick[1].write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(5):
        assert await slow[0].read() == b""
        assert (await quick[0].read()).endswith(b"here")
    listening.close()


def test_an_hour_is_one_line_of_sums() -> None:
    """Counts and durations, no time finer than the hour, and nothing counted out below ten."""
    lines: list[str] = []
    now = datetime(2026, 11, 24, 3, 17, 45)
    tally = Tally(clock=lambda: now, write=lines.append)
    for number in range(12):
        tally.count(0.1 * number, refused=number == 0)
    now = datetime(2026, 11, 24, 5, 1)
    tally.count(0.2, refused=False)
    tally.close()
    tally.close()
    assert lines == [
        "2026-11-24 03:00 12 turns, fewer than 10 refused, 0.55 s, one in ten over 1.07 s",
        "2026-11-24 05:00 fewer than 10 turns",
    ]
