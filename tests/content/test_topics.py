"""Topics: their shape, their nations, and faults that name their place."""

from pathlib import Path

import pytest

from bot.content.topics import read_topics

GOOD = """title: Somewhere safe
say:
  - You can ask for a place in a refuge.
do: []
more: []
call: [{need: housing}]
next: [money]
nations:
  scotland: {say: [In Scotland it is different.]}
facts: [ho-refuge]
as_of: 2026-11-22
reviewed: null
"""


def faults(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "housing.yml").write_text(text, "utf-8")
    return [str(problem) for problem in read_topics(tmp_path)[1]]


def test_a_nation_changes_only_what_differs(tmp_path: Path) -> None:
    """Scotland hears its own answer, with the general steps and numbers."""
    assert not faults(tmp_path, GOOD)
    topic = read_topics(tmp_path)[0]["housing"]
    assert topic.in_nation("scotland").say == ("In Scotland it is different.",)
    assert topic.in_nation("scotland").call == topic.call
    assert topic.in_nation("wales") == topic.in_nation(None) == topic


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("title: Somewhere safe\n", "", "lacks `title`"),
        ("say:\n  - You can ask for a place in a refuge.\n", "say: []\n", "say: is empty"),
        ("scotland:", "atlantis:", "is not a nation"),
        ("2026-11-22", "last week", "is not a date"),
        ("call: [{need: housing}]", "call: [{want: housing}]", "not a list of calls"),
        ("reviewed: null", "reviewed: {by: somebody}", "not a signature"),
        ("reviewed: null", "reviewed: null\nanswer: x", "not a key of a topic"),
        ("  - You can ask for a place in a refuge.", "  - Remember: this is a mapping", "not a list of para"),
        ("say:", "say: [", "housing.yml:"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """Whoever edits a topic is told where and what."""
    assert any(fault in found for found in faults(tmp_path, GOOD.replace(old, new)))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Nobody mends a file line by line, run by run."""
    assert len(faults(tmp_path, GOOD.replace("2026-11-22", "soon").replace("scotland:", "atlantis:"))) == 2
