"""The askers: against a real server that answers, refuses, breaks and says nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.engine import Turn
from bot.versus.load import TALK, Door, Load, ask, press, session

TURNS = [Turn("Gdzie mogę spać dziś w nocy?", None, "pl"), Turn("وہ مجھے مارتا ہے", None, "ur")]


class House:
    """A server with so many places; whoever comes when they are taken is refused."""

    def __init__(self) -> None:
        self.places, self.inside, self.most = 100, 0, 0
        self.answered = self.refused = 0
        self.asked: list[dict[str, str]] = []

    async def turn(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        if self.inside >= self.places:
            self.refused += 1
            raise web.HTTPServiceUnavailable
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0.01)
        self.inside -= 1
        self.answered += 1
        return web.json_response([{"topic": "housing"}])

    async def other(self, request: web.Request) -> web.Response:
        match request.match_info["what"]:
            case "silence":
                return web.json_response([])
            case "busy":
                raise web.HTTPTooManyRequests
            case "prose":
                return web.Response(text="no JSON at all")
        raise web.HTTPInternalServerError


@pytest.fixture
async def house() -> AsyncIterator[tuple[House, TestServer]]:
    house, app = House(), web.Application()
    app.add_routes([web.post("/turn", house.turn), web.post("/other/{what}", house.other)])
    server = TestServer(app)
    await server.start_server()
    yield house, server
    await server.close()


def door(server: TestServer, path: str = "/turn") -> Door:
    def body(turn: Turn, talk: str) -> dict[str, Any]:
        return {"text": turn.text, "talk": talk}

    return Door(str(server.make_url(path)), body, list)


async def test_every_answer_is_counted_once(house: tuple[House, TestServer]) -> None:
    """As many turns are counted as the server answered, and none failed."""
    there, server = house
    load = await press(door(server), TURNS, at_once=4, seconds=0.5)
    assert len(load.times) == there.answered > 0
    assert (load.refused, load.failed) == (0, 0)
    assert load.rate == pytest.approx(there.answered / load.seconds)


async def test_so_many_ask_at_once_and_no_more(house: tuple[House, TestServer]) -> None:
    """The level is kept: each asker waits for her answer before she asks again."""
    there, server = house
    await press(door(server), TURNS, at_once=5, seconds=0.3)
    assert there.most == 5


async def test_refusals_are_no_answers(house: tuple[House, TestServer]) -> None:
    """A refused turn has no time, and is counted apart."""
    there, server = house
    there.places = 2
    load = await press(door(server), TURNS, at_once=6, seconds=0.5)
    assert (len(load.times), load.refused, load.failed) == (there.answered, there.refused, 0)
    assert load.refused >= 4


@pytest.mark.parametrize(
    ("path", "refused"),
    [("/other/silence", False), ("/other/broken", False), ("/other/prose", False), ("/other/busy", True)],
)
async def test_what_is_no_answer(house: tuple[House, TestServer], path: str, refused: bool) -> None:
    """An empty answer, an error and prose have failed; too many requests is a refusal."""
    async with session() as client:
        heard = await ask(client, door(house[1], path), TURNS[0], "talk")
    assert (heard.said, heard.refused) == ([], refused)


async def test_a_server_that_is_not_there_has_failed() -> None:
    """Polling a server that is still starting raises nothing."""
    async with session() as client:
        heard = await ask(client, Door("http://127.0.0.1:9/turn", lambda turn, talk: {}, list), TURNS[0], "talk")
    assert (heard.said, heard.refused) == ([], False)


async def test_a_talk_has_a_few_turns(house: tuple[House, TestServer]) -> None:
    """A conversation does not grow for as long as the benchmark runs."""
    there, server = house
    await press(door(server), TURNS, at_once=1, seconds=0.5)
    talks = [asked["talk"] for asked in there.asked]
    assert all(talks.count(talk) == TALK for talk in talks[:-TALK])
    assert len(set(talks)) > 1


def test_rounds_add_up() -> None:
    """Two rounds are one longer round."""
    load = Load([0.1], 1, 2, 3.0)
    load.add(Load([0.2, 0.3], 10, 20, 3.0))
    assert load == Load([0.1, 0.2, 0.3], 11, 22, 6.0)
    assert load.rate == 0.5


def test_percentiles() -> None:
    """The median and the 99th percentile are what they are called."""
    load = Load([number / 1000 for number in range(101)])
    assert load.milliseconds(50) == pytest.approx(50)
    assert load.milliseconds(99) == pytest.approx(99)
