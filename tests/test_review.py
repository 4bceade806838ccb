"""The reviewer's desk: everything a lawyer needs is on the page."""

from datetime import date
from pathlib import Path

from bot.content.replies import Content
from bot.review import write_review


def test_every_answer_and_every_fact_is_on_the_page(content: Content, tmp_path: Path) -> None:
    """Each paragraph in each nation, each fact with its caution; recalled ones are shaded."""
    from markupsafe import escape

    path = tmp_path / "review.html"
    assert write_review(content, path, date(2026, 11, 23)) == len(content.topics)
    page = path.read_text("utf-8")
    for topic in content.topics.values():
        for place, text in topic.paragraphs():
            if topic.facts or place.startswith("say"):
                assert str(escape(text)) in page
        for name in topic.facts:
            assert f"[{name};" in page
            assert str(escape(content.facts[name].caution)) in page
    assert page.count('class="recalled"') > 50
    assert "Not signed by anyone." in page


def test_the_page_asks_no_other_host(content: Content, tmp_path: Path) -> None:
    """It can be opened without a network, and printed."""
    path = tmp_path / "review.html"
    write_review(content, path, date(2026, 11, 23))
    assert 'src="' not in path.read_text("utf-8")
    assert "<link" not in path.read_text("utf-8")
