"""Sixty whole talks, as these people would have them, through the real engine."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import paths
from bot.engine import Engine, Turn

pytestmark = [pytest.mark.rasa, pytest.mark.trained]

FOLDER = paths.ROOT / "tests" / "conversations"
TALKS = [
    (path.stem, talk)
    for path in sorted(FOLDER.glob("*.yml"))
    for talk in YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
]
KNOWN_FAILURES = {"A husband looks for his wife.", "Anger."}
"""Debts, by what the talk is about; each must fail, so that a repair removes its line."""


def case(name: str, talk: dict[str, Any]) -> Any:
    marks = pytest.mark.xfail(strict=True) if talk["about"] in KNOWN_FAILURES else ()
    return pytest.param(talk, marks=marks, id=f"{name}: {talk['about']}")


def test_there_are_sixty_talks() -> None:
    """In six languages."""
    assert len(TALKS) == 60
    assert {talk["locale"] for _, talk in TALKS} == {"en", "ur", "pl", "ar", "bn", "es"}


@pytest.mark.parametrize("talk", [case(name, talk) for name, talk in TALKS])
async def test_a_talk_goes_as_a_person_would_have_it(engine: Engine, talk: dict[str, Any]) -> None:
    """Each turn is answered on one of its topics, in her language, with the emergency card where it must be."""
    locale, topic = talk["locale"], None
    for said in talk["turns"]:
        answer = await engine.turn(Turn(said.get("say"), said.get("tap"), locale, talk["nation"], topic))
        assert answer.replies
        if "topic" in said:
            assert answer.replies[-1].topic in said["topic"]
        if "danger" in said:
            assert answer.danger is said["danger"]
        if "answered" in said:
            assert answer.answered is said["answered"]
        locale = said.get("locale_after", locale)
        assert answer.locale == locale
        topic = answer.topic
