"""Measuring: what is counted, what a bad file says, and what we promise to reach."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from bot import evaluation, paths
from bot.content.replies import Content
from bot.engine import Answer
from bot.errors import BotError, ContentError
from bot.evaluation import Outcome, Question, Scores

ANSWER = Answer(replies=(), choices=(), topic=None, danger=False, answered=True, locale="en")


def outcome(asked: str, ranking: dict[str, float], *, also: tuple[str, ...] = (), **changes: object) -> Outcome:
    from dataclasses import replace

    answer = replace(ANSWER, ranking=ranking, **changes)  # type: ignore[arg-type]
    return evaluation.outcome(Question("…", "ur_Latn", (asked, *also)), answer)


def test_another_right_answer_counts() -> None:
    """`also` is as right as `intent`."""
    assert outcome("money", {"housing": 0.9, "money": 0.1}, also=("housing",)).right


def test_within_three_looks_at_three() -> None:
    """The fourth guess is no help on a small screen."""
    ranking = {"a": 0.4, "b": 0.3, "c": 0.2, "money": 0.1}
    assert not outcome("money", ranking).within_three


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, True),
        ({"danger": True}, False),
        ({"choices": ("immediate_danger",)}, False),
        ({"answered": False}, False),
    ],
)
def test_a_wrong_reassurance_is_an_answer_from_elsewhere_and_nothing_beside_it(
    changes: dict[str, object], wrong: bool
) -> None:
    """The emergency card, the right topic as a choice, or asking back takes the harm away."""
    found = outcome("immediate_danger", {"greet": 0.9, "immediate_danger": 0.1}, **changes)
    assert found.reassured_wrongly is wrong


def test_shares_are_of_what_they_are_named_for() -> None:
    """Danger found over danger, false alarms over the rest, right when answered over the answered."""
    outcomes = [
        outcome("self_harm", {"self_harm": 1.0}, danger=True),
        outcome("self_harm", {"distress": 1.0}),
        outcome("money", {"money": 1.0}, danger=True),
        outcome("money", {"housing": 0.3}, answered=False),
    ]
    assert Scores.of(outcomes) == Scores(4, 0.5, 0.5, 0.75, 2 / 3, 0.5, 0.5, 0.5)


def test_a_file_of_lines_is_read(tmp_path: Path, content: Content) -> None:
    """`lang` is a language tag."""
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps({"text": "ghar se nikala", "lang": "ur-Latn", "intent": "housing", "also": ["money"]}))
    assert evaluation.read_questions(path, content.intents) == [
        Question("ghar se nikala", "ur_Latn", ("housing", "money"))
    ]


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "my secret", "lang": "en"}',
        '{"text": "my secret", "lang": "en", "intent": "nothing"}',
        '"my secret"',
        '{"my secret"',
        '{"text": "", "lang": "en", "intent": "housing"}',
        '{"text": 7, "lang": "en", "intent": ["my secret"]}',
    ],
)
def test_a_bad_line_is_named_and_not_repeated(tmp_path: Path, content: Content, line: str) -> None:
    """The fault says where and what would be right."""
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "fine", "lang": "en", "intent": "housing"}\n' + line)
    with pytest.raises(ContentError) as caught:
        evaluation.read_questions(path, content.intents)
    assert "bad.jsonl:2" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_table_goes_between_the_marks(tmp_path: Path) -> None:
    """The page around it stays; a page without marks is left alone."""
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n")
    evaluation.write_table({"ur": Scores.of([outcome("money", {"money": 1.0})])}, path, today="2026-11-23")
    written = path.read_text()
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
    assert "| ur | 1 | 100.0% |" in written
    assert "old" not in written
    path.write_text("no marks")
    with pytest.raises(BotError):
        evaluation.write_table({}, path, today="2026-11-23")


def test_the_report_holds_no_question(tmp_path: Path) -> None:
    """Table and picture, and nothing anybody typed."""
    page = evaluation.write_report([outcome("money", {"housing": 1.0})], tmp_path, today="2026-11-23")
    assert (tmp_path / "confusions.png").stat().st_size > 1000
    assert "…" not in page.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def scores(model: Path, content: Content) -> dict[str, Scores]:
    """Of every held-out question."""
    questions = evaluation.read_folder(paths.QUESTIONS, content.intents)
    return evaluation.by_language(asyncio.run(evaluation.ask_all(model, questions, len(os.sched_getaffinity(0)))))


@pytest.mark.rasa
@pytest.mark.trained
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("right", 0.9),
        ("within_three", 0.97),
        ("right_when_answered", 0.95),
        ("answered", 0.88),
        ("danger_found", 0.98),
    ],
)
def test_the_held_out_questions_are_understood(scores: dict[str, Scores], name: str, least: float) -> None:
    """The goals, reached; docs/understanding.md has the figures."""
    assert getattr(scores["mean"], name) >= least


@pytest.mark.rasa
@pytest.mark.trained
def test_no_language_is_left_behind(scores: dict[str, Scores]) -> None:
    """Eight in ten in the worst of them."""
    assert min((score.right or 0, tag) for tag, score in scores.items()) >= (0.8, "")


@pytest.mark.rasa
@pytest.mark.trained
@pytest.mark.parametrize(("name", "most"), [("false_alarms", 0.05), ("wrong_reassurance", 0.005)])
def test_the_wrong_things_are_rarely_said(scores: dict[str, Scores], name: str, most: float) -> None:
    """Cards too many, and answers from elsewhere where it could do harm."""
    assert getattr(scores["mean"], name) <= most
