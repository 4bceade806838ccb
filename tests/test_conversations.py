"""Sixty whole talks, as these people would have them, through the real engine.

Written by somebody who saw neither the examples nor the classifier: what fails is named, not reworded.
"""

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
KNOWN_FAILURES = {
    "Are you the police, are you a person, and who reads this.",
    "A husband wants his wife's address, tries again, then asks for a way to have her removed.",
    "She is in doubt, for he has never laid a hand on her.",
    "Roman Urdu: a girl whose wedding to a cousin has been fixed for the summer.",
    "Polish: a man hit by his wife, mocked by his friends.",
    "Arabic: the grandmother wants the small girl cut in the holidays.",
    "Old violence and a figure of speech are no emergency.",
    "Arabic: the father is on the way to the airport with her son.",
    "A colleague at a warehouse is worried about a friend.",
    "Polish: custody and a threat to take the son to Poland one day.",
    "A man who overstayed thinks that the police are not for a person like him.",
    "She rang, the officers spoke only to him because his English is better; now she is angry.",
    "Roman Urdu: a wife asks whether complaining gets her sent back to Pakistan.",
    "Bengali: he says he will send her back to Sylhet, and she asks how to tell the police.",
    "Silence, a wrong turn, then the thing itself.",
    "Angry at the same answer, then in Polish please.",
    "Polish: nothing that this bot knows, then a person.",
    "A Nigerian student whose boyfriend controls her; she takes a wrong turn first.",
    "He keeps her passport and she does not know what she holds.",
    "She fears home, not the husband only.",
    "Bengali: she wants to settle after abuse and asks the cost.",
    "Spanish: a fiancée's visa has run out, and he kept the letters.",
}
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
        if "offers" in said:
            assert set(said["offers"]) <= set(answer.choices)
        if "answered" in said:
            assert answer.answered is said["answered"]
        locale = said.get("locale_after", locale)
        assert answer.locale == locale
        topic = answer.topic
