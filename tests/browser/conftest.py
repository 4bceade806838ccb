"""Debian's Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Frame, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a network of its own; closed with the module, as its loop hinders async tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page(chromium: Browser, address: str, request: Any) -> Iterator[Page]:
    """A phone's page on the chat, with and without JavaScript."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=request.param)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def choose(page: Page | Frame, tag: str = "en") -> None:
    """Taps a language, and waits for the greeting in it."""
    page.click(f'button[name="set_locale"][value="{tag}"]')
    page.wait_for_selector(f"article.answer[lang='{tag}']")


def ask(page: Page | Frame, text: str) -> None:
    """Types, sends, waits for one answer more."""
    before = page.locator("article.answer").count()
    page.fill("#text", text)
    page.click("button.send")
    page.wait_for_selector(f":nth-match(article.answer, {before + 1})")


def slow(page: Page) -> CDPSession:
    """Puts a page on a slow 3G line: 400 kbit/s, 400 ms."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    speed = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", speed)
    return line
