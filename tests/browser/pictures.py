"""Takes the pictures of docs/embedding.md, and the time of a first answer on a slow line.

`python -m tests.browser.pictures`; needs a server: `python -m bot serve --demo` in another window.
"""

import argparse
import io
import time

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bot import paths
from tests.browser.conftest import CHROMIUM, QUIET, ask, choose, slow

FOLDER = paths.ROOT / "docs" / "pictures"
SIZES = {360: (740, 6, 1.0), 1280: (800, 3, 0.5)}
"""By width: height (pixels), pictures in a row, scale."""
QUESTIONS = {
    "en": ("If I report him will I be deported", "he has a knife"),
    "ur": ("اگر میں رپورٹ کروں تو کیا ڈی پورٹ ہو جاؤں گی", "اس کے ہاتھ میں چاقو ہے"),
    "pl": ("czy mnie deportują jak zgłoszę", "on ma nóż"),
}
GAP = 8


def views(page: Page, tag: str) -> list[bytes]:
    """First page, greeting, answer, danger, lost line, hidden."""
    shots = [page.screenshot()]
    choose(page, tag)
    shots.append(page.screenshot())
    for question in QUESTIONS[tag]:
        ask(page, question)
        page.wait_for_timeout(200)
        shots.append(page.screenshot())
    page.context.set_offline(True)
    page.fill("#text", QUESTIONS[tag][0])
    page.click("button.send")
    page.wait_for_selector("#notes button")
    page.locator(".send").scroll_into_view_if_needed()
    shots.append(page.screenshot())
    page.click("button.hide")
    shots.append(page.screenshot())
    return shots


def sheet(shots: list[bytes], in_a_row: int, scale: float) -> Image.Image:
    """One picture of many."""
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    images = [image.resize((int(image.width * scale), int(image.height * scale))) for image in images]
    wide, high = images[0].width + GAP, images[0].height + GAP
    rows = -(-len(images) // in_a_row)
    whole = Image.new("RGB", (wide * in_a_row + GAP, high * rows + GAP), "gray")
    for number, image in enumerate(images):
        whole.paste(image, (GAP + number % in_a_row * wide, GAP + number // in_a_row * high))
    return whole


def slow_line(browser: Browser, address: str) -> float:
    """Seconds from opening to the answer to a typed question, at 400 kbit/s and 400 ms, typed in no time."""
    page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    slow(page)
    began = time.monotonic()
    page.goto(address)
    choose(page)
    ask(page, "can they deport me")
    return time.monotonic() - began


def script(browser: Browser, address: str) -> None:
    """The helpline's script: found, marked, shown to the caller, and the languages to point at."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{address}script?locale=ur")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    page.keyboard.type("my husband says they will send me back if I call")
    with page.expect_response("**/api/turn"):
        page.keyboard.press("Enter")
    page.wait_for_selector("main section:focus")
    page.keyboard.press("2")
    shots = [page.screenshot()]
    page.keyboard.press("s")
    page.wait_for_timeout(300)
    shots.append(page.screenshot())
    page.goto(f"{address}script/languages")
    page.wait_for_timeout(300)
    shots.append(page.screenshot())
    sheet(shots, 1, 0.6).quantize(64).save(FOLDER / "script.png", optimize=True)


def main() -> None:
    """Writes the sheets and prints the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8080/", help="the server (%(default)s)")
    address = parser.parse_args().address
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for tag in QUESTIONS:
            for width, (height, in_a_row, scale) in SIZES.items():
                context = browser.new_context(viewport={"width": width, "height": height})
                page = context.new_page()
                page.goto(address)
                path = FOLDER / f"chat-{tag}-{width}.png"
                sheet(views(page, tag), in_a_row, scale).quantize(64).save(path, optimize=True)
                print(path.name, path.stat().st_size // 1000, "kB", flush=True)
                context.close()
        page = browser.new_context(viewport={"width": 1000, "height": 760}).new_page()
        page.goto(f"{address}demo")
        page.wait_for_timeout(1000)
        closed = page.screenshot()
        page.mouse.click(940, 720)
        page.wait_for_timeout(1000)
        sheet([closed, page.screenshot()], 2, 0.6).quantize(64).save(FOLDER / "demo.png", optimize=True)
        script(browser, address)
        times = sorted(slow_line(browser, address) for _ in range(5))
        print(f"first answer on a slow line: {times[2]:.1f} s (median of five, {times[0]:.1f} to {times[-1]:.1f})")


if __name__ == "__main__":
    main()
