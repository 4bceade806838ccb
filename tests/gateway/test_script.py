"""The helpline's script holds the words of the chat, side by side, and says honestly who has checked them."""

import re
from pathlib import Path

import pytest

from bot.content.replies import Content
from bot.content.topics import NATIONS
from bot.engine import DANGER_INTENTS
from bot.errors import BotError
from bot.gateway import script
from bot.i18n import tag_of
from tests.doubles import AbsentEngine, Connect

LOCALES = ["en", "ur", "pl", "ar", "bn", "es"]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("nation", [None, *NATIONS])
def test_each_passage_stands_beside_its_translation(content: Content, locale: str, nation: str | None) -> None:
    """The same words as the chat's, numbered alike, every topic once, danger first."""
    parts = script.script(content, locale=locale, nation=nation)
    names = [part.reply.topic for part in parts]
    assert tuple(names[:3]) == DANGER_INTENTS
    assert len(names) == len(set(names)) > 40
    for part in parts:
        reply = content.reply(part.reply.topic, locale=locale, nation=nation)
        assert [row.theirs for row in part.rows] == [*reply.say, *reply.do, *reply.more]
        assert [row.number for row in part.rows] == list(range(1, len(part.rows) + 1))
        for row in part.rows:
            assert content.languages[locale].say(row.english, content.topics[reply.topic].name) == row.theirs
        opened = [bool(card.open) for card in part.cards]
        assert opened == sorted(opened, reverse=True)


async def test_the_page_says_who_has_checked_what(connect: Connect, content: Content) -> None:
    """Draft, no lawyer, the day of the facts, the cautions; and nothing loaded from elsewhere."""
    client = await connect(AbsentEngine())
    response = await client.get("/script?locale=ur&nation=wales")
    page = await response.text()
    assert response.status == 200
    assert "DRAFT: no native speaker" in page
    assert page.count("No lawyer has checked this answer.") > 40
    caution = content.facts[content.topics["report_deportation_risk"].facts[0]].caution
    assert caution.split(".")[0] in page
    assert re.findall(r'(?:src|<link[^>]+href)="(?!data:)([^"]+)"', page) == ["script.css", "mask.js", "script.js"]
    assert 'method="post"' not in page


async def test_an_unknown_choice_is_no_fault(connect: Connect) -> None:
    """A link with a slip in it opens the script, and says nothing back."""
    client = await connect(AbsentEngine())
    page = await (await client.get("/script?locale=qxslipq&nation=qxslipq")).text()
    assert "qxslipq" not in page


async def test_a_caller_can_point_at_her_language(connect: Connect, content: Content) -> None:
    """All languages we answer in, and many more, each marked as what it is."""
    client = await connect(AbsentEngine())
    page = await (await client.get("/script/languages")).text()
    for locale in content.languages:
        assert f'lang="{tag_of(locale)}"' in page
    assert page.count("<li>") >= 40
    assert 'lang="ckb" dir="rtl"' in page


def test_how_it_sounds_is_offered_where_it_can_be_read() -> None:
    """Bengali with its vowels; Urdu and Arabic not at all."""
    content = Content.read()
    bengali = script.script(content, locale="bn", nation=None)[0].rows[0].sounds
    assert bengali and bengali.startswith("pārale ekhanai 999 nambare phona")
    assert not re.search("[\u0980-\u09ff]", bengali)
    for locale in ("ur", "ar", "pl"):
        assert script.script(content, locale=locale, nation=None)[0].rows[0].sounds is None


def test_a_terminal_shows_two_columns(content: Content) -> None:
    """As wide as it is, with the numbers to ring."""
    part = script.script(content, locale="pl", nation="scotland")[0]
    lines = script.in_columns(part, 80)
    assert lines[2].startswith(" 1  If you can, ring 999 now.")
    assert any("999" in line for line in lines[-3:])


@pytest.mark.parametrize("locale", ["ur", "bn", "pl"])
def test_paper_has_contents_pages_and_marks(content: Content, tmp_path: Path, locale: str) -> None:
    """A PDF of many pages; each with its number, the date and the draft mark (read back from the file)."""
    from pypdf import PdfReader

    path = tmp_path / "script.pdf"
    script.write_pdf(content, path, locale=locale, nation="wales")
    assert [*tmp_path.iterdir()] == [path]
    pages = [page.extract_text() for page in PdfReader(path).pages]
    assert len(pages) > 20
    for number, text in enumerate(pages, start=1):
        assert f"{number} of {len(pages)}" in text
        assert "DRAFT" in text
    assert "Contents" in pages[0]
    starts = [number for number, text in enumerate(pages, start=1) if "Is this abuse?" in text][1:]
    assert re.search(rf"Is this abuse\?[ .]*{starts[0]}\b", pages[0])


def test_a_pdf_that_cannot_be_written_says_so(content: Content, tmp_path: Path) -> None:
    """Which file, and why."""
    with pytest.raises(BotError, match="cannot be written"):
        script.write_pdf(content, tmp_path / "none" / "script.pdf", locale="pl", nation=None)
