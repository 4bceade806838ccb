"""The turn over real HTTP: what is answered, and what is refused without an echo."""

import json
from typing import Any

import pytest

from bot.engine import Engine
from tests.doubles import AbsentEngine, BrokenEngine, Connect

pytestmark = pytest.mark.trained

SECRET = "zanzibar-4711"


async def post(client: Any, **fields: Any) -> tuple[int, dict[str, Any]]:
    response = await client.post("/api/turn", json=fields)
    return response.status, await response.json()


async def test_a_question_gets_an_answer_in_her_language(connect: Connect, engine: Engine) -> None:
    """The answer names its topic, its language and direction, its age, and whom to ring."""
    client = await connect(engine)
    status, answer = await post(client, text="Jeśli zgłoszę go na policję, deportują mnie?", locale="pl")
    reply = answer["replies"][0]
    assert (status, answer["topic"], answer["answered"]) == (200, "report_deportation_risk", True)
    assert (reply["lang"], reply["dir"], reply["status"], reply["reviewed"]) == ("pl", "ltr", "draft", None)
    assert reply["as_of"] == "2026-11-22"
    assert reply["organisations"][0]["phone"]["e164"].startswith("+44")
    assert reply["sources"] and answer["choices"]


async def test_a_tap_is_answered_without_text(connect: Connect, engine: Engine) -> None:
    """Who cannot write can still ask."""
    client = await connect(engine)
    status, answer = await post(client, choice="find_support", locale="ur", nation="scotland")
    assert (status, answer["topic"]) == (200, "find_support")
    assert "sdafmh" in [card["id"] for card in answer["replies"][0]["organisations"]]


async def test_danger_puts_the_card_on_top(connect: Connect, engine: Engine) -> None:
    """`danger` is true when someone is being hurt now."""
    client = await connect(engine)
    _, answer = await post(client, text="he is hitting me now", locale="en")
    assert answer["danger"] is True


async def test_what_the_tab_remembers_can_always_be_sent_back(connect: Connect, engine: Engine) -> None:
    """After a fallback too, the next turn is not refused."""
    client = await connect(engine)
    _, unsure = await post(client, text="?!", locale="en")
    assert not unsure["answered"]
    status, _ = await post(client, text="who can help me", locale="en", topic=unsure["topic"])
    assert status == 200


async def test_more_and_again_work_without_memory(connect: Connect, engine: Engine) -> None:
    """The tab sends the last topic along; the server remembers nothing."""
    client = await connect(engine)
    _, first = await post(client, choice="privacy", locale="en")
    _, again = await post(client, choice="repeat", locale="en", topic=first["topic"])
    _, longer = await post(client, choice="affirm", locale="en", topic=first["topic"])
    assert again["replies"][0]["say"] == first["replies"][0]["say"][:1]
    assert longer["replies"][0]["say"] == first["replies"][0]["more"]
    assert again["topic"] == longer["topic"] == "privacy"


@pytest.mark.parametrize("text", ["/restart", '/immediate_danger{"x":1}', "/session_start", "/back", " /restart"])
async def test_a_text_that_begins_with_a_slash_is_text(connect: Connect, engine: Engine, text: str) -> None:
    """Rasa would obey it; nobody commands the bot."""
    client = await connect(engine)
    status, answer = await post(client, text=text, locale="en")
    assert status == 200
    assert answer["replies"]


@pytest.mark.parametrize("text", ["?", "…", "🙂", "12", "a" * 1000, "<b>x</b>", "\u202e evil", "\u200b?"])
async def test_odd_but_harmless_text_gets_an_ordinary_answer(connect: Connect, engine: Engine, text: str) -> None:
    """Nobody is scolded for how she types."""
    client = await connect(engine)
    status, answer = await post(client, text=text, locale="en")
    assert status == 200
    assert answer["replies"]


BAD_FIELDS = [
    ({"text": SECRET}, "locale"),
    ({"text": SECRET, "locale": "tlh"}, "locale"),
    ({"text": SECRET, "locale": 7}, "locale"),
    ({"text": SECRET, "locale": "en", "nation": "atlantis"}, "nation"),
    ({"text": SECRET, "locale": "en", "topic": SECRET}, "topic"),
    ({"choice": SECRET, "locale": "en"}, "choice"),
    ({"choice": "nlu_fallback", "locale": "en"}, "choice"),
    ({"choice": ["housing"], "locale": "en"}, "choice"),
    ({"text": SECRET, "choice": "housing", "locale": "en"}, "text"),
    ({"text": [SECRET], "locale": "en"}, "text"),
    ({"text": SECRET * 100, "locale": "en"}, "text"),
    ({"text": "", "locale": "en"}, "text"),
    ({"text": " \n ", "locale": "en"}, "text"),
    ({"text": None, "locale": "en"}, "text"),
    ({"locale": "en"}, "text"),
    ({"text": f"{SECRET}\x00", "locale": "en"}, "text"),
    ({"text": f"{SECRET}\x1b[0m", "locale": "en"}, "text"),
    ({"text": SECRET, "locale": "en", "session": SECRET}, "body"),
]


@pytest.mark.parametrize(("fields", "field"), BAD_FIELDS)
async def test_a_bad_field_is_named_and_nothing_echoed(connect: Connect, fields: dict[str, Any], field: str) -> None:
    """The fault names the field and what is allowed, carries 999, and never what was sent."""
    client = await connect(AbsentEngine())
    response = await client.post("/api/turn", json=fields)
    body = await response.text()
    fault = json.loads(body)
    assert response.status == 400
    assert fault["error"]["field"] == field
    assert fault["error"]["allowed"]
    assert "999" in [number["number"] for number in fault["emergency"]]
    assert SECRET not in body


BAD_BODIES = [
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b'"text"', 400),
    (b"[" * 4000, 400),
    (b'{"text": "\\ud800 zanzibar-4711", "locale": "en"}', 400),
    (b'{"text": "' + b"zanzibar-4711 " * 700 + b'", "locale": "en"}', 413),
]


@pytest.mark.parametrize(("body", "status"), BAD_BODIES)
async def test_a_bad_body_is_refused(connect: Connect, body: bytes, status: int) -> None:
    """Malformed JSON, half characters, and more than 8 kB."""
    client = await connect(AbsentEngine())
    response = await client.post("/api/turn", data=body, headers={"Content-Type": "application/json"})
    assert response.status == status
    assert SECRET not in await response.text()


async def test_a_wrong_content_type_is_refused(connect: Connect) -> None:
    """JSON is sent as JSON."""
    client = await connect(AbsentEngine())
    response = await client.post("/api/turn", data=b"{}", headers={"Content-Type": "text/plain"})
    assert response.status == 415


@pytest.mark.parametrize("engine", [BrokenEngine(), AbsentEngine()], ids=["broken", "loading"])
async def test_a_failing_engine_still_gives_the_emergency_numbers(connect: Connect, engine: Any) -> None:
    """503, 999 and the helplines; as JSON and as a page; nothing of what was typed."""
    client = await connect(engine)
    response = await client.post("/api/turn", json={"text": SECRET, "locale": "ur"})
    numbers = [number["number"] for number in (await response.json())["emergency"]]
    assert response.status == 503
    assert {"999", "0808 2000 247"} <= set(numbers)
    page = await client.post("/", data={"text": SECRET, "locale": "ur"})
    text = await page.text()
    assert page.status == 503
    assert "tel:999" in text
    assert SECRET not in text


async def test_the_form_and_the_json_give_the_same_answer(connect: Connect, engine: Engine) -> None:
    """One function serves both."""
    client = await connect(engine)
    _, answer = await post(client, text="who can help me", locale="en")
    page = await client.post("/", data={"text": "who can help me", "locale": "en", "nation": "", "topic": ""})
    assert answer["replies"][0]["say"][0] in await page.text()


async def test_the_page_never_echoes_the_question(connect: Connect, engine: Engine) -> None:
    """Without the script her words are not on the page that comes back."""
    client = await connect(engine)
    page = await client.post("/", data={"text": f"{SECRET} who can help me", "locale": "en"})
    assert SECRET not in await page.text()


async def test_an_engine_that_is_loading_is_not_ready(connect: Connect, engine: Engine) -> None:
    """`/health` says alive at once, `/ready` only when the model is there."""
    loading, loaded = await connect(AbsentEngine()), await connect(engine)
    assert ((await loading.get("/health")).status, (await loading.get("/ready")).status) == (200, 503)
    assert (await loaded.get("/ready")).status == 200


async def test_every_answer_carries_the_headers(connect: Connect) -> None:
    """No store, no referrer, no foreign source, no cookie, no banner; errors too."""
    client = await connect(AbsentEngine())
    for path in ("/", "/leave", "/health", "/chat.js", "/nowhere"):
        response = await client.get(path, allow_redirects=False)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in response.headers
        assert "aiohttp" not in response.headers.get("Server", "")


async def test_leaving_goes_to_an_ordinary_page(connect: Connect) -> None:
    """A plain link, before and without the script."""
    client = await connect(AbsentEngine())
    response = await client.get("/leave", allow_redirects=False)
    assert response.status == 303
    assert "weather" in response.headers["Location"]
    assert "storage" in response.headers["Clear-Site-Data"]
    assert 'href="leave?locale=en"' in await (await client.get("/")).text()


async def test_a_stranger_page_cannot_post(connect: Connect) -> None:
    """Another site's script cannot ask in her name."""
    client = await connect(AbsentEngine())
    response = await client.post("/api/turn", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status == 403


@pytest.mark.rasa
@pytest.mark.trained
async def test_the_language_she_writes_is_offered_and_hers_is_kept(connect: Connect, engine: Engine) -> None:
    """She chose English and writes Polish: the answer stays English, with one button in Polish."""
    client = await connect(engine)
    turn = {"text": "mój mąż mnie bije i nie wiem co robić", "locale": "en"}
    answer = await (await client.post("/api/turn", json=turn)).json()
    assert answer["offer_locale"] == "pl"
    assert answer["replies"][0]["lang"] == "en"
    page = await (await client.post("/", data=turn)).text()
    assert 'class="offer"' in page
    assert 'name="set_locale" value="pl" lang="pl"' in page


@pytest.mark.rasa
@pytest.mark.trained
async def test_nothing_is_offered_for_a_word(connect: Connect, engine: Engine) -> None:
    """One word is no language."""
    client = await connect(engine)
    answer = await (await client.post("/api/turn", json={"text": "policja", "locale": "en"})).json()
    assert answer["offer_locale"] is None
