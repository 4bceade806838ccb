"""The real engine: right answers, no memory, no voice."""

import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from bot import paths
from bot.engine import DANGER_INTENTS, Engine, Turn

pytestmark = [pytest.mark.rasa, pytest.mark.trained]

QUESTIONS = [
    (form, intent, text)
    for form, intents in YAML(typ="safe", pure=True)
    .load((paths.ROOT / "tests" / "first_questions.yml").read_text("utf-8"))
    .items()
    for intent, texts in intents.items()
    for text in texts
]
KNOWN_FAILURES: set[tuple[str, str]] = set()
"""Debts: she is offered the right topic as the first button instead. A repair removes its line."""


@pytest.mark.parametrize(
    ("locale", "intent", "text"),
    [
        pytest.param(*question, marks=pytest.mark.xfail(strict=True)) if question[:2] in KNOWN_FAILURES else question
        for question in QUESTIONS
    ],
    ids=lambda v: v[:24],
)
async def test_the_first_questions_are_understood(engine: Engine, locale: str, intent: str, text: str) -> None:
    """In each language: deportation, leaving on a spouse visa, danger now, who can help."""
    answer = await engine.turn(Turn(text, None, locale.split("_")[0]))
    assert answer.topic == intent
    assert answer.danger is (intent in DANGER_INTENTS)


async def test_who_says_she_knows_no_english_is_not_given_english(engine: Engine) -> None:
    """“আমি তো ইংরেজি পারি না” names English and asks for the opposite."""
    assert (await engine.turn(Turn("আমি তো ইংরেজি পারি না", None, "bn"))).locale == "bn"


async def test_every_intent_can_be_tapped(engine: Engine, content: object) -> None:
    """Each intent of the domain answers with something, in every nation."""
    for intent in sorted(content.intents):  # type: ignore[attr-defined]
        answer = await engine.turn(Turn(None, intent, "ur", "wales"))
        assert answer.replies[0].say


async def test_the_engine_does_not_remember(engine: Engine) -> None:
    """The same turn gives the same answer, whatever was asked before."""
    turn = Turn("repeat", None, "en")
    before = await engine.turn(turn)
    await engine.turn(Turn("will I be deported if I report him", None, "en"))
    assert await engine.turn(turn) == before


async def test_an_unsure_answer_offers_three_topics_and_the_emergency_line(engine: Engine) -> None:
    """The fallback never meets danger with silence; and what is about many things is about none for sure."""
    text = "the money and the mother and the letter and the house"
    answer = await engine.turn(Turn(text, None, "en"))
    assert not answer.answered
    assert len(answer.choices) == 4
    assert "999" in " ".join(said.text for said in answer.replies[0].say)


def test_nothing_typed_is_printed() -> None:
    """The whole command line, at Rasa's most talkative, prints the answer and never the question."""
    secret = "zanzibarquestion"
    command = [sys.executable, "-m", "bot", "ask", "--locale", "en", f"{secret} will I be deported"]
    done = subprocess.run(
        command,
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "LOG_LEVEL": "DEBUG",
            "RASA_LOG_LEVEL": "DEBUG",
            "HOME": "/nonexistent",
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    assert "999" in done.stdout


def test_no_library_can_warn_of_what_was_typed() -> None:
    """Even one that switches its warnings on when it is imported, as some of Rasa's do."""
    code = (
        "import warnings; from bot.silence import silence; silence();"
        "warnings.simplefilter('always'); warnings.warn('zanzibar')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
