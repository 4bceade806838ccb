"""What both sides are trained on, and what they are asked."""

from pathlib import Path

import pytest

from bot import paths
from bot.content.examples import all_examples, read_examples
from bot.content.replies import Content
from bot.evaluation import Question, as_turn
from bot.versus.examples import LEAST, Examples, count, draw, held_out, write


@pytest.fixture(scope="module")
def part() -> Examples:
    return draw(20)


@pytest.fixture(scope="module")
def whole() -> dict[str, list[str]]:
    return all_examples()


@pytest.fixture(scope="module")
def questions(content: Content) -> list[Question]:
    return held_out(content.intents)


def test_the_same_part_each_time(part: Examples) -> None:
    """Two runs are trained on the same examples."""
    assert draw(20) == part


def test_every_intent_and_form_has_some(part: Examples) -> None:
    """No form and no intent is lost, however small the part."""
    for path in paths.NLU.glob("*.yml"):
        whole = read_examples(path)
        assert {
            name: len(texts) >= min(LEAST, len(whole[name])) for name, texts in part[path.stem].items()
        } == dict.fromkeys(whole, True)


def test_a_part_is_a_part(part: Examples, whole: dict[str, list[str]]) -> None:
    """Nothing is in it that is not an example, and much is left out."""
    for locale, intents in part.items():
        assert {text for texts in intents.values() for text in texts} <= set(whole[locale])
    assert count(part) < sum(map(len, whole.values())) / 5


def test_no_question_is_trained_on(whole: dict[str, list[str]], questions: list[Question]) -> None:
    """What is asked was held out, in whatever form."""
    assert len(questions) > 3000
    assert {question.text for question in questions}.isdisjoint(text for texts in whole.values() for text in texts)


def test_one_in_one_is_everything(whole: dict[str, list[str]]) -> None:
    """`--share 1` leaves nothing out."""
    assert count(draw(1)) == sum(map(len, whole.values()))


def test_written_and_read_again(part: Examples, tmp_path: Path) -> None:
    """The files written are the files `data/nlu` would have."""
    write({"ur": part["ur"]}, tmp_path)
    assert read_examples(tmp_path / "ur.yml") == part["ur"]


def test_questions_come_in_the_same_order(content: Content, questions: list[Question]) -> None:
    """Both sides, and two runs, are asked alike."""
    assert held_out(content.intents) == questions


@pytest.mark.parametrize(("asked", "answered"), [("ur", "ur"), ("ur_Latn", "ur"), ("zh_Hans", "en")])
def test_the_nearest_language_of_ours(asked: str, answered: str, content: Content) -> None:
    """A question in a form we do not answer in is asked on a page in a language that we do."""
    languages = [*content.languages]
    assert as_turn(Question("…", asked, ("housing",)), languages).locale == (
        asked if asked in languages else answered
    )
