"""The helpline's script as a new worker uses it: no mouse, a caller waiting, the line may drop."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.trained]


def opened(chromium: Browser, address: str, path: str, width: int = 1280) -> Page:
    page = chromium.new_context(viewport={"width": width, "height": 800}).new_page()
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    return page


def find(page: Page, said: str) -> str:
    """Searches by keyboard as somebody types, presses Enter, and gives the topic in front of her."""
    page.keyboard.press("/")
    # It is asked as soon as she pauses: on a slow machine before she presses Enter, which then asks nothing more.
    with page.expect_response("**/api/turn"):
        page.keyboard.type(said)
        page.keyboard.press("Enter")
    page.wait_for_selector("main section:focus")
    return str(page.evaluate("document.activeElement.id"))


@pytest.mark.parametrize(
    ("path", "said", "topics"),
    [
        (
            "script?locale=ur",
            "my husband says they will send me back if I call",
            {"abuser_threatens_deportation", "report_deportation_risk"},
        ),
        ("script?locale=pl&nation=scotland", "thrown out of the house tonight", {"housing", "immediate_danger"}),
        ("script?locale=pl&nation=scotland", "mąż wyrzucił mnie na ulicę nie mam gdzie spać", {"housing"}),
    ],
)
def test_the_right_passage_is_found_without_a_mouse(
    chromium: Browser, address: str, path: str, said: str, topics: set[str]
) -> None:
    """What the caller said, in English or her language; then a passage by its number, large, for her to read."""
    page = opened(chromium, address, path)
    assert find(page, said) in topics
    page.keyboard.press("2")
    marked = page.locator(".row.here")
    assert marked.get_attribute("data-number") == "2"
    page.keyboard.press("s")
    passage = page.locator("#caller #passage")
    assert passage.inner_text() == marked.locator(".theirs p").first.inner_text()
    assert passage.get_attribute("lang") == path.split("locale=")[1][:2]
    page.keyboard.press("t")
    assert passage.evaluate("p => getComputedStyle(p).rotate") == "180deg"
    page.keyboard.press("Escape")
    page.context.close()


def test_danger_comes_first_whatever_was_searched(chromium: Browser, address: str) -> None:
    """A search that speaks of danger has it on top; its button shows it after any other search."""
    page = opened(chromium, address, "script?locale=ur")
    assert find(page, "he is hitting me now with a knife") == "immediate_danger"
    find(page, "interpreter")
    page.get_by_role("link", name="Danger first").click()
    assert page.evaluate("document.activeElement.id") == "immediate_danger"
    assert page.locator("#interpreter").is_visible()
    page.keyboard.press("End")
    box = page.get_by_role("complementary", name="Danger").bounding_box()
    assert box and box["y"] >= 0
    page.context.close()


def test_it_works_on_when_the_network_is_down(chromium: Browser, address: str) -> None:
    """Every topic stays, words find, numbers mark; only meaning is missing."""
    page = opened(chromium, address, "script?locale=pl")
    page.context.set_offline(True)
    page.keyboard.press("/")
    page.keyboard.type("interpreter")
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    page.wait_for_selector("#interpreter:focus")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    assert page.locator("main section:visible").count() > 40
    page.context.close()


def test_nothing_about_a_caller_is_sent_or_kept(chromium: Browser, address: str) -> None:
    """The search is masked before it is sent, stands in no address, and the page has no other field to write in."""
    page = opened(chromium, address, "script?locale=ur")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    find(page, "her number is 07700 900123 she is scared")
    assert not [line for line in sent if "900123" in line]
    assert "scared" not in page.url
    assert page.locator("input:not([type=checkbox]), textarea").count() == 1
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]
    page.context.close()


@pytest.mark.parametrize("path", ["script?locale=ur", "script?locale=bn&nation=wales", "script/languages"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_screen_reader_finds_no_fault(chromium: Browser, address: str, path: str, width: int) -> None:
    """axe-core finds nothing, with all folded parts open; nothing is wider than the screen."""
    page = opened(chromium, address, path, width)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()[:3000]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
