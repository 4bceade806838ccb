"""The browser's mask knows what the server knows, but for names: the same patterns, the same vectors."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.text.test_redaction import VECTORS

pytestmark = [pytest.mark.trained, pytest.mark.browser]

PLAIN = re.compile(r"@|(?:\d\D{0,3}){7}|^[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}$", re.IGNORECASE)
DATE = re.compile(r"\d[./-]\d{1,2}[./-]\d")
"""A secret that the browser too must know: an e-mail, seven digits, a postcode."""


@pytest.fixture(scope="module")
def masked(chromium: Browser, address: str) -> Iterator[list[dict[str, object]]]:
    """Every vector as the page masks it."""
    page = chromium.new_page()
    page.goto(address)
    page.add_script_tag(url="mask.js")
    kinds = page.evaluate("fetch('identifiers.json').then((response) => response.json())")
    texts = [vector["text"] for vector in VECTORS]
    yield page.evaluate("([kinds, texts]) => texts.map(makeMask(kinds))", [kinds, texts])
    page.close()


def test_plain_secrets_do_not_leave_the_phone(masked: list[dict[str, str]]) -> None:
    """97 in a hundred numbers, e-mails and postcodes are masked before they are sent."""
    secrets = [
        (secret, result["text"])
        for vector, result in zip(VECTORS, masked, strict=True)
        for secret in vector["go"]
        if PLAIN.search(secret) and not DATE.search(secret)
    ]
    left = [secret for secret, text in secrets if secret in text]
    assert len(secrets) > 60
    assert len(left) <= 0.03 * len(secrets), left


def test_the_rest_stays(masked: list[dict[str, str]]) -> None:
    """98 in a hundred of what the answer depends on."""
    parts = [
        (part, result["text"]) for vector, result in zip(VECTORS, masked, strict=True) for part in vector["stay"]
    ]
    lost = [part for part, text in parts if part not in text]
    assert len(lost) <= 0.02 * len(parts), lost


def test_her_bubble_and_the_request_hold_no_number(page: Page) -> None:
    """What she sees of her own words, and what goes out, is masked; she is told why."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.click("button[lang=en]")
    page.fill("textarea", "ring me on 07700 900123 please, can you help me")
    page.click("button.send")
    page.wait_for_selector(".removed")
    assert "900123" not in page.inner_text("body").replace(" ", "")
    if page.locator(".mine").count():
        assert "900" not in "".join(sent).replace("+", "").replace("%20", "")
