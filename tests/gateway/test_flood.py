"""Twenty thousand hostile requests at a running server: none breaks it, none hangs, and its memory stays level."""

import asyncio
import json
import random
from collections import Counter
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.benchmark import megabytes, processes
from tests.gateway.test_hostile import TEXTS

pytestmark = [pytest.mark.rasa, pytest.mark.trained]

REQUESTS, AT_ONCE, WARM = 20_000, 16, 2_000
SECONDS = 60
"""No request may take longer; a server that hangs is found, a slow machine is not blamed."""

JUNK = [
    None,
    True,
    0,
    -1,
    1e308,
    [],
    {},
    [[]],
    "",
    " ",
    "en",
    "xx",
    "../en",
    "ur_Latn",
    "en\r\nX: 1",
    "\x00",
    "９９９",
]
KINDS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "x/y;\x0b"]
PATHS = [
    "/",
    "/api/turn",
    "/leave",
    "/../etc/passwd",
    "/%00",
    "/api/openapi.json",
    "/chat.js%0d%0aX:1",
    "/health?a=" + "b" * 900,
]
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "BREW"]


def body(dice: random.Random) -> tuple[bytes, str]:
    """A body and its content type: from nearly right to noise."""
    text = dice.choice(TEXTS)
    if dice.random() < 0.95:  # the long ones take the encoder a tenth of a second each
        text = text[: dice.randrange(1, 30)]
    fields: dict[str, object] = {"text": text, "locale": dice.choice(["en", "ur", "pl", "ar", "bn", "es"])}
    for key in ("text", "choice", "locale", "nation", "topic", "extra"):
        if dice.random() < 0.12:
            fields[key] = dice.choice(JUNK)
    way = dice.randrange(8)
    if way < 3:
        return json.dumps(fields).encode(), KINDS[0]
    if way < 5:
        return urlencode(
            {key: str(value).encode("utf-8", "replace") for key, value in fields.items()}
        ).encode(), KINDS[1]
    noise = [
        dice.randbytes(dice.randrange(300)),
        b"[" * 5000,
        b'{"text":' * 900,
        b"\xff\xfe" + json.dumps(fields).encode("utf-16-le"),
        b'{"text": "\\ud800", "locale": "en"}',
        b'{"locale": NaN, "text": Infinity}',
        b"text=%ff%fe&locale=en",
        b"a=b&" * 1500,
        b"x" * 9000,
        b'{"locale": "en", "locale": "ur", "text": "' + b"\\u202e" * 900 + b'"}',
        b"1" * 5000,
    ]
    return dice.choice(noise), dice.choice(KINDS)


async def ask(client: aiohttp.ClientSession, address: str, dice: random.Random) -> int:
    """One request in proper HTTP."""
    method = "POST" if dice.random() < 0.75 else dice.choice(METHODS)
    path = dice.choice(PATHS[:2]) if method == "POST" else dice.choice(PATHS)
    data, kind = body(dice)
    headers = {"Content-Type": kind.replace("\x0b", "")}
    if dice.random() < 0.1:
        headers |= {"X-Forwarded-For": "1.2.3.4," * 200, "Cookie": "a=b; " * 300, "Accept-Language": "*;q=" * 90}
    async with client.request(
        method, address.rstrip("/") + path, data=data, headers=headers, allow_redirects=False
    ) as answer:
        await answer.read()
        return answer.status


async def shout(port: int, dice: random.Random) -> int:
    """One request in no HTTP at all, or one that breaks off; 0 where the server hung up without a word."""
    raw = dice.choice(
        [
            b"\x16\x03\x01\x02\x00" + dice.randbytes(200),
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
            b"POST /api/turn HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
            dice.randbytes(500),
        ]
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        if writer.can_write_eof():
            writer.write_eof()
        line = await reader.readline()
        return int(line.split()[1]) if line.startswith(b"HTTP/") else 0
    except ConnectionError:
        return 0
    finally:
        writer.close()


def held(pid: int) -> float:
    """Megabytes that a process and all those below it hold."""
    return sum(map(megabytes, processes(pid)))


async def test_a_flood_breaks_nothing(serving: tuple[str, int]) -> None:
    """No 5xx, no silence beyond a minute, and afterwards as much memory as before."""
    address, pid = serving
    port = int(address.rstrip("/").rpartition(":")[2])
    statuses: Counter[int] = Counter()
    levels = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as client:

        async def worker(number: int, count: int) -> None:
            dice = random.Random(number)
            for _ in range(count):
                async with asyncio.timeout(SECONDS):
                    raw = dice.random() < 0.1
                    statuses[await (shout(port, dice) if raw else ask(client, address, dice))] += 1

        for first, count in ((0, WARM), (AT_ONCE, REQUESTS - WARM)):
            await asyncio.gather(*(worker(first + number, count // AT_ONCE) for number in range(AT_ONCE)))
            levels.append(held(pid))
        async with client.post(f"{address}api/turn", json={"text": "I am scared of him", "locale": "en"}) as answer:
            assert answer.status == 200
    print(f"answers {dict(sorted(statuses.items()))}; memory {levels[0]:.0f}, then {levels[1]:.0f} MB")
    assert statuses.total() == REQUESTS
    assert not [status for status in statuses if status >= 500]
    assert statuses[200] > REQUESTS / 10
    assert levels[1] < levels[0] * 1.1 + 20
