"""What the encoder is taught: every intent, many languages a step; nothing of the tests, or of what is left out."""

import random

import pytest

from bot.content.examples import examples_by_intent, plain, read_questions
from bot.encoder import lessons
from bot.encoder.lessons import Lesson, batches, folds, language, long_message, other_texts, without
from bot.paths import OTHER_QUESTIONS, QUESTIONS

EXAMPLES = examples_by_intent()
INTENTS = sorted({intent for group in EXAMPLES.values() for intent in group})


def test_every_language_is_left_out_once_and_whole() -> None:
    """Urdu in Latin letters goes with Urdu: else it would give away what the other is examined on."""
    parts = folds(EXAMPLES)
    assert sorted(name for part in parts for name in part) == sorted({language(form) for form in EXAMPLES})
    part = next(part for part in parts if "ur" in part)
    assert not {"ur", "ur_Latn"} & without(EXAMPLES, part).keys()


def test_a_step_sees_an_intent_in_several_languages() -> None:
    """So that one intent's texts are drawn together, whatever their language; and each with its own label."""
    lesson = Lesson(misspelt=0, romanised=0)
    where = {
        text: (form, intent) for form, group in EXAMPLES.items() for intent, texts in group.items() for text in texts
    }
    for spelt, texts, names in batches(EXAMPLES, INTENTS, lesson, 20):
        assert spelt == texts
        assert len(texts) == lesson.intents * lesson.forms
        for start in range(0, len(texts), lesson.forms):
            found = [where[text] for text in texts[start : start + lesson.forms]]
            assert len({form for form, _ in found}) == lesson.forms
            assert set(names[start : start + lesson.forms]) == {names[start]}


def test_all_intents_come_before_one_comes_again() -> None:
    """None is forgotten by chance."""
    lesson = Lesson(intents=10)
    seen = [name for *_, names in batches(EXAMPLES, INTENTS, lesson, len(INTENTS) // 10) for name in names]
    assert {*seen} == {*INTENTS}


def test_the_same_seed_draws_the_same() -> None:
    """And another does not."""
    first, again, other = (list(batches(EXAMPLES, INTENTS, Lesson(seed=seed), 3)) for seed in (7, 7, 8))
    assert first == again != other


def test_no_held_out_question_is_taught() -> None:
    """Neither of our forms nor of the ten others."""
    taught = {plain(text) for group in EXAMPLES.values() for texts in group.values() for text in texts}
    paths = [*QUESTIONS.glob("*.yml"), *OTHER_QUESTIONS.glob("*.yml")]
    asked = {
        plain(text) for path in paths for texts in read_questions(path).values() for text in texts if len(text) > 20
    }
    assert len(asked) > 4000
    assert not taught & asked


def test_a_long_message_is_of_one_written_form() -> None:
    """Two to four examples, one after the other, as one person would write."""
    chance = random.Random(3)
    for _ in range(50):
        text = long_message(EXAMPLES, chance)
        assert any(
            sum(each.strip() in text for group in forms.values() for each in group) >= 2
            for forms in EXAMPLES.values()
        )


def test_other_texts_are_of_many_languages() -> None:
    """As spaCy and Babel know them; the same each time."""
    everything = other_texts()
    assert len(everything) > 5000
    assert sum("україн" in text.lower() for text in everything) > 0
    assert other_texts() == everything


@pytest.mark.parametrize("text", ["میرا شوہر مجھے مارتا ہے", "proszę o pomoc", "മലയാളം", "no", "我"])
def test_a_mistake_is_a_small_one(text: str) -> None:
    """One letter lost, doubled or moved; the first stays."""
    chance = random.Random(7)
    for _ in range(50):
        written = lessons.misspelt(text, chance)
        assert written[:1] == text[:1] or sorted(written) == sorted(text)
        assert abs(len(written) - len(text)) <= 1


def test_another_keyboard_writes_latin_letters() -> None:
    """As many do who cannot switch theirs."""
    view = lessons.view("mój mąż mnie bije", Lesson(romanised=1, misspelt=0), random.Random(7))
    assert view == "moj maz mnie bije"
