"""The page as she uses it: a 360-pixel phone, each language, with the script and without."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from ruamel.yaml import YAML

from bot import paths
from bot.content.replies import Content

pytestmark = [pytest.mark.browser, pytest.mark.trained]

FORMS = ("en", "ur", "ur_Latn", "pl", "ar", "bn", "es")
INTENTS = ("report_deportation_risk", "spouse_visa_leaving", "immediate_danger", "find_support")

KNOWN_FAILURES: set[tuple[str, str]] = set()
"""As in `tests/test_embedded.py`: the right topic is offered as a button."""


def question(form: str, intent: str) -> str:
    path = paths.ROOT / "tests" / "first_questions.yml"
    return str(YAML(typ="safe", pure=True).load(path.read_text("utf-8"))[form][intent][0])


def ask(page: Page, locale: str, text: str) -> None:
    """Chooses a language, types, sends, waits for the new answer."""
    page.click(f'button[name="set_locale"][value="{locale}"]')
    page.wait_for_selector("article.answer")
    page.fill("#text", text)
    page.click("button.send")
    page.wait_for_selector("article.answer:not([data-topic='greet'])", timeout=10_000)


@pytest.mark.parametrize(
    ("locale", "intent"),
    [
        pytest.param(form, intent, marks=pytest.mark.xfail(strict=True))
        if (form, intent) in KNOWN_FAILURES
        else (form, intent)
        for form in FORMS
        for intent in INTENTS
    ],
)
def test_the_first_questions_are_answered(page: Page, content: Content, locale: str, intent: str) -> None:
    """Four questions in seven forms: the right title in her language, her direction, a number to ring."""
    language = content.languages[locale.split("_")[0]]
    ask(page, language.locale, question(locale, intent))
    answer = page.locator("article.answer").last
    assert answer.get_attribute("data-topic") == intent
    assert answer.locator("h2").inner_text() == content.title(intent, language.locale).text
    assert page.locator("html").get_attribute("dir") == language.direction
    assert answer.locator("a.phone").count() >= 1
    assert (answer.locator(".emergency").count() > 0) == (intent == "immediate_danger")


@pytest.mark.parametrize("locale", ["en", "ur"])
def test_danger_and_leaving_are_always_in_sight(page: Page, locale: str) -> None:
    """999 and the way out stay on the screen, first page and long answer alike."""
    for step in range(2):
        if step:
            ask(page, locale, question(locale, "report_deportation_risk"))
            page.locator(".send").scroll_into_view_if_needed()
        for selector in ("header a[href='tel:999']", "a.leave"):
            box = page.locator(selector).bounding_box()
            assert box and 0 <= box["y"] < 200


@pytest.mark.parametrize("locale", ["en", "ur", "pl"])
def test_nothing_is_wider_than_the_phone(page: Page, locale: str) -> None:
    """No sideways scrolling at 360 pixels."""
    ask(page, locale, question(locale, "find_support"))
    main = page.locator("main").bounding_box()
    assert main and main["x"] >= 0 and main["x"] + main["width"] <= 360


def test_numbers_run_left_to_right_in_an_urdu_page(page: Page) -> None:
    """A telephone number is a link, and reads as it is dialled."""
    ask(page, "ur", question("ur", "find_support"))
    phone = page.locator("a.phone").last
    assert phone.get_attribute("href", timeout=1000).startswith("tel:")  # type: ignore[union-attr]
    assert phone.locator("bdi").get_attribute("dir") == "ltr"


def test_sources_in_english_are_announced_as_english(page: Page) -> None:
    """An English title inside an Urdu page carries its own language and direction."""
    ask(page, "ur", question("ur", "report_deportation_risk"))
    source = page.locator("article.answer").last.locator(".sources li").first
    assert (source.get_attribute("lang"), source.get_attribute("dir")) == ("en", "ltr")


@pytest.mark.parametrize("locale", ["ur", "pl", "ar", "bn", "es"])
def test_a_draft_says_that_it_is_one(page: Page, content: Content, locale: str) -> None:
    """In her own language."""
    from bot.gateway.words import WORDS

    ask(page, locale, question(locale, "find_support"))
    said = content.languages[locale].say(WORDS["draft"])
    assert said.locale == locale
    assert said.text in page.locator("article.answer").last.inner_text()


def test_a_tap_on_a_nation_gives_its_helpline(page: Page) -> None:
    """In Scotland she is given Scotland's line."""
    ask(page, "en", question("en", "find_support"))
    page.locator("article.answer").last.locator("button[value='scotland']").click()
    page.wait_for_selector("text=0800 027 1234")


def test_a_next_question_can_be_tapped(page: Page) -> None:
    """Who cannot write goes on by tapping."""
    ask(page, "en", question("en", "find_support"))
    page.locator("article.answer").last.locator("button[value='legal_help']").click()
    page.wait_for_selector("article.answer[data-topic='legal_help']")


def test_the_language_can_change_and_the_talk_stays(page: Page, content: Content) -> None:
    """The last answer is said again in the new language."""
    ask(page, "en", question("en", "find_support"))
    page.click("details.languages summary")
    page.click('button[name="set_locale"][value="pl"]')
    page.wait_for_selector("html[lang='pl']")
    title = page.locator("article.answer").last.locator("h2").inner_text()
    assert title == content.title("find_support", "pl").text


def test_nothing_is_stored_and_nobody_else_is_called(chromium: Browser, address: str) -> None:
    """No cookie, no storage, no foreign request, one address in the history."""
    context = chromium.new_context()
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(address)
    ask(page, "en", question("en", "immediate_danger"))
    assert page.url == address
    assert hosts == {address.split("/")[2]}
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    context.close()


def test_leaving_replaces_the_page_in_the_history(chromium: Browser, address: str) -> None:
    """After leaving, going back does not return to the talk."""
    context = chromium.new_context()
    page = context.new_page()
    context.route("https://www.bbc.co.uk/**", lambda route: route.fulfill(body="<title>Weather</title>"))
    page.goto("about:blank")
    page.goto(address)
    page.click("a.leave")
    page.wait_for_url("https://www.bbc.co.uk/weather")
    page.go_back()
    assert page.url == "about:blank"
    context.close()


@pytest.mark.parametrize("locale", ["en", "ur"])
def test_a_screen_reader_finds_no_fault(chromium: Browser, address: str, locale: str) -> None:
    """axe-core finds nothing on the first page or on an answer."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(address)
    assert Axe().run(page).violations_count == 0
    ask(page, locale, question(locale, "report_deportation_risk"))
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    context.close()
