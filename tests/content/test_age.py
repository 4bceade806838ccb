"""Answers grow old: six months on they say so, twelve months on the law in them is withheld."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.content.replies import Content
from bot.content.topics import read_facts, read_topics, sign
from bot.errors import ContentError


def on(content: Content, day: str) -> Content:
    return replace(content, clock=lambda: datetime.fromisoformat(day).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "age"),
    [
        ("2026-11-22", "fresh"),
        ("2027-05-21", "fresh"),
        ("2027-05-22", "old"),
        ("2027-11-21", "old"),
        ("2027-11-22", "withheld"),
        ("2030-01-01", "withheld"),
    ],
)
def test_an_answer_ages(content: Content, day: str, age: str) -> None:
    """Counted in months from the day its facts were read."""
    assert on(content, day).reply("report_deportation_risk", locale="en", nation=None).age == age


def test_a_withheld_answer_still_gives_people_to_ask(content: Content) -> None:
    """The law is gone, the telephone numbers stay."""
    fresh = content.reply("ilr_domestic_abuse", locale="en", nation=None)
    late = on(content, "2028-01-01").reply("ilr_domestic_abuse", locale="en", nation=None)
    assert late.say != fresh.say
    assert not late.do and not late.more
    assert {card.id for card in late.organisations} >= {"refuge-ndah"}


def test_danger_is_never_withheld(content: Content) -> None:
    """However old, it says 999: silence would be worse."""
    late = on(content, "2040-01-01").reply("immediate_danger", locale="en", nation=None)
    assert "999" in late.say[0].text


def test_the_clock_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """`AMAAN_TODAY` shows the bot as it will speak on a later day."""
    monkeypatch.setenv("AMAAN_TODAY", "2027-06-01")
    assert Content.read().reply("legal_help", locale="en", nation=None).age == "old"


def copy_topic(tmp_path: Path, name: str) -> Path:
    from bot.paths import TOPICS

    path = tmp_path / f"{name}.yml"
    path.write_text((TOPICS / f"{name}.yml").read_text("utf-8"), "utf-8")
    return path


def test_a_signature_stands_until_a_word_changes(tmp_path: Path, content: Content) -> None:
    """A changed word voids it: she is never told that a lawyer checked what no lawyer read."""
    path = copy_topic(tmp_path, "legal_help")
    sign("legal_help", by="A. Solicitor", role="solicitor", today=content.clock().date(), folder=tmp_path)
    facts, _ = read_facts()
    assert read_topics(tmp_path)[0]["legal_help"].is_signed(facts)
    path.write_text(path.read_text("utf-8").replace("Ask first", "First ask"), "utf-8")
    changed = read_topics(tmp_path)[0]["legal_help"]
    assert changed.reviewed and not changed.is_signed(facts)


def test_only_what_is_signed_is_called_checked(content: Content) -> None:
    """Today nothing is."""
    assert all(content.reply(name, locale="en", nation=None).reviewed is None for name in content.topics)


def test_a_signature_under_nothing_is_refused(tmp_path: Path) -> None:
    """A misspelt name is told."""
    copy_topic(tmp_path, "legal_help")
    with pytest.raises(ContentError, match="is no topic"):
        sign("legal_halp", by="A", role="solicitor", today=datetime.now(UTC).date(), folder=tmp_path)
