"""The chat on a page of others, and what a watched woman can do with it: leave, hide, lose the line, use no mouse."""

import gzip
import json
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, Route

from bot.content.replies import Content
from tests.browser.conftest import PHONE, ask, choose, slow

pytestmark = [pytest.mark.browser, pytest.mark.trained]

SECRET = "qxtypedq my husband hits me"
KILOBYTES = 15
ELSEWHERE = ("**://*.wikipedia.org/**", "**://www.bbc.co.uk/**")

Open = Callable[..., Page]


OPEN_SHADOWS = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function () { return attach.call(this, { mode: "open" }); };
"""
"""Playwright cannot look into a closed one. Where the test is of what a host page can see, it stays closed."""


def weather(route: Route) -> None:
    route.fulfill(body="<title>Weather</title><p>Rain", content_type="text/html")


def through_the_door(route: Route) -> None:
    """Our own server's redirection, really asked for; followed by hand, as Playwright plays no redirected page."""
    answer = route.fetch(max_redirects=0)
    assert answer.status == 303
    assert "cookies" in answer.headers["clear-site-data"]
    onward = f"<script>location.replace('{answer.headers['location']}')</script>"
    route.fulfill(body=onward, content_type="text/html")


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Open]:
    """Opens a page of the server on a phone; the weather is played, as there is no network."""
    contexts = []

    def opened(path: str = "", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": PHONE, **options})
        for pattern in ELSEWHERE:
            context.route(pattern, weather)
        if options.get("java_script_enabled", True):
            context.route("**/leave?*", through_the_door)
        contexts.append(context)
        page = context.new_page()
        page.goto("about:blank")
        page.goto(path if "://" in path else address + path)
        return page

    yield opened
    for context in contexts:
        context.close()


def framed(page: Page) -> Frame:
    """Opens the chat by its button, and gives the frame."""
    size = page.viewport_size
    assert size
    page.wait_for_function("document.querySelector('body > div:last-child')")
    page.wait_for_timeout(100)
    page.mouse.click(size["width"] - 60, size["height"] - 40)
    for _ in range(100):
        for frame in page.frames:
            if frame.url.endswith("#framed"):
                frame.wait_for_selector("header")
                return frame
        page.wait_for_timeout(50)
    pytest.fail("no frame")


class Charity(BaseHTTPRequestHandler):
    """A charity's page, made up, on a server of its own; `serve --demo` lets pages of this machine show the chat."""

    body, policy = "", ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def charity() -> Iterator[int]:
    """The port of the charity's server."""
    server = ThreadingHTTPServer(("", 0), Charity)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def host(page: Page, charity: int, what: str, policy: str = "", name: str = "localhost") -> None:
    """Opens a charity's page with our one line, or a plain frame, on it."""
    head = "<!doctype html><meta name=viewport content='width=device-width'><title>Charity</title>"
    Charity.body, Charity.policy = f"{head}<h1>Charity</h1>{what}", policy
    page.goto(f"http://{name}:{charity}/")


def one_line(address: str, attributes: str = "") -> str:
    return f"<script src='{address}embed.js' {attributes} async></script>"


def test_all_of_it_weighs_little(address: str) -> None:
    """Everything she or a charity's page ever loads, compressed: at most 15 kB."""
    weights = {}
    for name in ("", "embed.js", "chat.js", "mask.js", "chat.css", "identifiers.json"):
        with urllib.request.urlopen(
            urllib.request.Request(address + name, headers={"Accept-Encoding": "gzip"})
        ) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            sent = answer.read()
        assert len(gzip.decompress(sent)) > len(sent)
        weights[name or "page"] = len(sent)
    print(weights, sum(weights.values()))
    assert sum(weights.values()) <= KILOBYTES * 1000, weights


def test_the_host_page_sees_nothing_typed(open_page: Open) -> None:
    """A tracker listening to everything on the page, and reading frames, holds no word of the talk or the answer."""
    page = open_page("demo")
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    frame = framed(page)
    choose(frame)
    ask(frame, SECRET)
    page.wait_for_timeout(700)
    everything = page.inner_text("body") + page.content() + page.evaluate("JSON.stringify(performance.getEntries())")
    assert "qxtypedq" not in everything
    assert "being_abused" not in everything
    assert frame.locator(".mine").inner_text() == SECRET
    assert hosts <= {"127.0.0.1", "localhost"}
    assert page.evaluate("[document.querySelectorAll('iframe').length, frames.length]") == [0, 0]


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_line_is_enough_under_a_strict_policy(open_page: Open, address: str, charity: int, side: str) -> None:
    """Only our own address is allowed; side, colour, label and language are chosen by attributes."""
    page = open_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(OPEN_SHADOWS)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    origin = address.rstrip("/")
    policy = f"default-src 'none'; script-src {origin}; frame-src {origin}"
    host(
        page,
        charity,
        one_line(address, f"data-side={side} data-colour=purple data-label=Help data-locale=pl"),
        policy,
    )
    button = page.get_by_role("button", name="Help")
    box = button.bounding_box()
    assert box and (box["x"] < 100) == (side == "left") and box["height"] >= 44
    assert button.evaluate("b => getComputedStyle(b).backgroundColor") == "rgb(128, 0, 128)"
    button.click()
    page.wait_for_timeout(200)
    frame = next(frame for frame in page.frames if frame.url.endswith("#framed"))
    frame.wait_for_selector("article.answer[lang='pl']")
    assert [fault for fault in faults if "favicon" not in fault] == []


def test_who_is_not_in_the_configuration_cannot_show_it(open_page: Open, address: str, charity: int) -> None:
    """`frame-ancestors`: the same frame on a page of another host stays empty."""
    page = open_page()
    for name, shown in (("localhost", 1), ("127.0.0.2", 0)):
        host(page, charity, f"<iframe src='{address}'></iframe>", name=name)
        page.wait_for_timeout(500)
        assert page.frames[1].locator("header").count() == shown


def test_a_small_screen_is_filled(open_page: Open, address: str, charity: int) -> None:
    """On a phone the frame is the screen; hiding leaves the charity's page and keeps the talk."""
    page = open_page()
    host(page, charity, one_line(address))
    frame = framed(page)
    assert frame.evaluate("[innerWidth, innerHeight]") == [PHONE["width"], PHONE["height"]]
    choose(frame)
    ask(frame, "I am scared of him")
    frame.click("button.hide")
    page.wait_for_timeout(200)
    assert not frame.locator(".mine").is_visible()
    assert framed(page) == frame
    assert frame.locator(".mine").is_visible()


def test_leaving_from_the_frame_takes_the_host_page_away(open_page: Open, address: str, charity: int) -> None:
    """The tab shows the weather, and going back does not return to the charity."""
    page = open_page()
    page.goto("about:blank")
    host(page, charity, one_line(address))
    frame = framed(page)
    choose(frame)
    frame.click("a.leave")
    page.wait_for_url("https://www.bbc.co.uk/weather")
    page.go_back()
    assert page.url == "about:blank"


@pytest.mark.parametrize("where", ["page", "frame"])
def test_shift_three_times_leaves(open_page: Open, address: str, charity: int, where: str) -> None:
    """Typing capitals does not; three times in a row does."""
    page = open_page()
    if where == "frame":
        host(page, charity, one_line(address))
    view = framed(page) if where == "frame" else page
    choose(view)
    view.click("#text")
    page.keyboard.type("ABC Home Office")
    for _ in range(2):
        page.keyboard.press("Shift")
    page.keyboard.type("I")
    page.wait_for_timeout(400)
    assert "bbc" not in page.url
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("https://www.bbc.co.uk/weather")


@pytest.mark.parametrize("way", ["no script", "script never arrives", "no script in a frame"])
def test_leaving_needs_no_script(open_page: Open, address: str, charity: int, way: str) -> None:
    """A plain link, in her language's weather."""
    page = open_page(java_script_enabled=way == "script never arrives")
    if way == "script never arrives":
        page.context.route("**/chat.js", lambda route: route.abort())
        page.goto(address)
    page.click('button[name="set_locale"][value="pl"]')
    page.wait_for_selector("article.answer")
    if way == "no script in a frame":
        host(page, charity, f"<iframe src='{address}?locale=pl'></iframe>")
        page.frame_locator("iframe").locator("a.leave").click()
    else:
        page.click("a.leave")
    page.wait_for_url("https://pl.wikipedia.org/wiki/Pogoda")


def test_the_screen_is_blank_before_anything_is_loaded(open_page: Open) -> None:
    """Even where the weather never comes, the talk is gone."""
    page = open_page()
    choose(page)
    ask(page, SECRET)
    left = page.evaluate("document.querySelector('.leave').click(), [document.body.innerText, document.title]")
    assert left == ["", ""]


def test_going_away_by_another_way_forgets_the_talk(open_page: Open, address: str) -> None:
    """Whoever goes back finds the first page."""
    page = open_page()
    choose(page)
    ask(page, SECRET)
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector("button[name='set_locale']")
    assert "qxtypedq" not in page.content()


def test_hiding_covers_the_talk_and_gives_it_back(open_page: Open, content: Content) -> None:
    """A shopping list in her language, in the title too; nothing of the talk is visible or read out."""
    page = open_page()
    title = page.title()
    choose(page, "ur")
    ask(page, "میں ڈرتی ہوں")
    page.click("button.hide")
    assert page.locator("header, #log, .ask").evaluate_all("all => all.some(one => one.checkVisibility())") is False
    assert page.title() == content.languages["ur"].say("Shopping").text
    page.click("#cover button")
    assert page.locator(".mine").is_visible()
    assert page.title() == content.languages["ur"].say(title).text


def test_a_change_of_language_keeps_the_talk(open_page: Open) -> None:
    """What was said stays in the language it was said in; what she is typing stays in the box."""
    page = open_page()
    choose(page)
    ask(page, "he says he will have me deported")
    page.fill("#text", "not sent yet")
    page.click("details.languages summary")
    choose(page, "ur")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("article.answer").evaluate_all("all => all.map(one => one.lang)") == ["en", "en", "ur"]
    assert page.locator(".mine").inner_text() == "he says he will have me deported"
    assert page.input_value("#text") == "not sent yet"


def test_a_lost_line_loses_nothing_and_sends_nothing_twice(open_page: Open) -> None:
    """She is told, her words stay in the box, and one tap sends them once."""
    page = open_page()
    posts: list[str] = []
    page.on("requestfinished", lambda request: posts.append(request.url) if request.method == "POST" else None)
    choose(page)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.fill("#text", "where can I sleep tonight")
    page.click("button.send")
    page.wait_for_selector("#notes .problem button")
    assert page.input_value("#text") == "where can I sleep tonight"
    assert page.locator(".mine").count() == 0
    assert page.locator("header a[href='tel:999']").is_visible()
    page.context.set_offline(False)
    posts.clear()
    page.click("#notes .problem button")
    page.wait_for_selector(":nth-match(article.answer, 2)")
    page.wait_for_timeout(300)
    assert (len(posts), page.locator(".mine").count(), page.locator("#notes .problem").count()) == (1, 1, 0)


def test_leaving_without_a_line_goes_straight_on(open_page: Open) -> None:
    """Our own address must not stand on the browser's error page."""
    page = open_page()
    choose(page)
    page.context.set_offline(True)
    page.click("a.leave", no_wait_after=True)
    page.wait_for_timeout(500)
    assert "127.0.0.1" not in page.url


def test_impatient_taps_send_once(open_page: Open) -> None:
    """Twice the button, twice Enter: one question."""
    page = open_page()
    choose(page)
    page.fill("#text", "can I get money")
    page.evaluate("for (let i = 0; i < 4; i++) document.getElementById('talk').requestSubmit()")
    page.wait_for_selector(":nth-match(article.answer, 2)")
    page.wait_for_timeout(500)
    assert page.locator(".mine").count() == 1


def test_a_whole_talk_by_keyboard(open_page: Open) -> None:
    """Language, question, a next question, more, hide and back: Tab, Enter and Space alone, focus always visible."""
    page = open_page()

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none"
                return
        pytest.fail(f"{selector} cannot be reached")

    tab_to("header a[href='tel:999']")
    tab_to("button.hide")
    tab_to("a.leave")
    tab_to("button[name=set_locale][value=en]")
    page.keyboard.press("Enter")
    page.wait_for_selector("article.answer")
    tab_to("#text")
    page.keyboard.type("I need a place to sleep")
    page.keyboard.press("Enter")
    page.wait_for_selector("article[data-topic='housing']")
    tab_to("article:last-of-type summary")
    page.keyboard.press("Enter")
    assert page.locator("article:last-of-type details").first.get_attribute("open") is not None
    tab_to("article:last-of-type .choices button")
    page.keyboard.press("Space")
    page.wait_for_selector(":nth-match(article.answer, 3)")
    tab_to("button.hide")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "hide"


@pytest.mark.parametrize("locale", ["en", "ur"])
def test_every_view_is_open_to_every_reader(open_page: Open, locale: str) -> None:
    """axe-core finds nothing on any view; what can be touched is 44 pixels; nothing is wider than 320."""
    page = open_page(viewport={"width": 320, "height": 640}, forced_colors="active", reduced_motion="reduce")

    def look() -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        small = page.locator("button, summary, select, textarea, header a, .card > a, .emergency a").evaluate_all(
            """all => all.filter(one => one.checkVisibility()).map(one => [one, one.getBoundingClientRect()])
            .filter(([_, box]) => box.height < 44 || box.width < 44).map(([one]) => one.outerHTML.slice(0, 60))"""
        )
        assert small == []

    look()
    choose(page, locale)
    look()
    ask(page, {"en": "he has a knife", "ur": "اس کے ہاتھ میں چاقو ہے"}[locale])
    assert page.locator(".emergency").count() == 1
    look()
    ask(page, {"en": "who can help me", "ur": "مدد کون کرے گا"}[locale])
    for summary in page.locator("summary").all():
        summary.click()
    look()
    page.context.set_offline(True)
    page.fill("#text", "?")
    page.click(".send")
    page.wait_for_selector("#notes .problem")
    look()
    page.click("button.hide")
    look()


VOICES = """
window.spoken = [];
const voices = %s;
Object.defineProperty(window, "speechSynthesis", { value: {
  speaking: false, getVoices: () => voices, addEventListener() {}, cancel() {},
  speak(words) { window.spoken.push([words.lang, words.voice.name, words.text]); } } });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""


@pytest.mark.parametrize(
    ("voices", "reads"),
    [
        ([], False),
        ([{"name": "cloud", "lang": "ur-PK", "localService": False}], False),
        ([{"name": "other", "lang": "en-GB", "localService": True}], False),
        ([{"name": "phone", "lang": "ur_PK", "localService": True}], True),
    ],
)
def test_reading_aloud_is_there_only_for_a_voice_on_the_device(
    open_page: Open, address: str, voices: list[dict[str, Any]], reads: bool
) -> None:
    """A voice elsewhere would be told what she reads. (Debian's Chromium has no voice: the list is played.)"""
    page = open_page("about:blank")
    page.add_init_script(VOICES % json.dumps(voices))
    page.goto(address)
    choose(page, "ur")
    ask(page, "پناہ گاہ کہاں ہے")
    assert page.locator(".listen").count() == (2 if reads else 0)
    if reads:
        page.locator(".listen").last.click()
        spoken = page.evaluate("spoken")
        assert {(lang, name) for lang, name, _ in spoken} == {("ur", "phone")}
        assert spoken[0][2] == page.locator("article h2").last.inner_text()


def test_a_slow_line_still_answers(open_page: Open, address: str) -> None:
    """400 kbit/s and 400 ms a trip: few trips, few bytes (`tests/browser/pictures.py` takes the time)."""
    page = open_page("about:blank")
    line = slow(page)
    received: list[float] = []
    line.on("Network.loadingFinished", lambda done: received.append(done["encodedDataLength"]))
    page.goto(address)
    choose(page)
    ask(page, "can they deport me")
    assert len(received) <= 8
    assert sum(received) < 40_000
