"""The whole course: taught in turn without each fifth of the languages, then on all; measured before and after."""

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot import paths
from bot.ablation import VARIANTS, guesses, thirds
from bot.content.examples import flat
from bot.encoder.adapters import Adapters, example_digests, write_adapters
from bot.encoder.build import build
from bot.encoder.lessons import FOLDS, Examples, Lesson, folds, language, other_texts, without
from bot.encoder.runtime import Encoder
from bot.encoder.teach import teach, teach_whole
from bot.encoder.weights import Floats, Weights
from bot.evaluation import Question

FOLD_DRAWS = 4_800
"""Examples drawn while a fifth of the languages is left out. Nothing is pruned then: that takes an hour each time."""


def course(
    lesson: Lesson,
    examples: Examples,
    questions: Sequence[Question],
    others: Sequence[Question],
    target: Path = paths.ADAPTER,
) -> Iterator[str]:
    """Teaches, measures, writes what was taught and its card; yields a table in Markdown, line by line.

    Args:
        lesson: How the last, whole lesson is taught.
        examples: What is taught.
        questions: Held-out questions of our forms.
        others: Held-out questions of languages we have no example of.
        target: Where it is written.
    """
    weights, taught = Weights.read(), dict[str, Floats]()
    asked = [*questions, *others]
    forms, texts, labels = map(list, zip(*flat(examples), strict=True))

    def lessons() -> Iterator[Adapters]:
        yield {}
        for number, left_out in enumerate(folds(examples), 1):
            print(f"Lesson {number} of {FOLDS + 1}: without {', '.join(left_out)}", file=sys.stderr)
            shorter = replace(lesson, draws=min(lesson.draws, FOLD_DRAWS))
            yield teach_whole(weights, without(examples, left_out), shorter)
        print(f"Lesson {FOLDS + 1} of {FOLDS + 1}: with all", file=sys.stderr)
        taught.update(teach(weights, examples, lesson, other_texts()))
        yield taught

    marks, encodings = zip(*_marks(lessons(), texts, labels, asked), strict=True)
    number = {name: at for at, left_out in enumerate(folds(examples), 1) for name in left_out}
    turn = {form: number[language(form)] for form in examples}
    before, *_, after = marks
    unseen = [marks[turn.get(question.locale, -1)][at] for at, question in enumerate(asked)]
    known = thirds(texts, labels, encodings[:-1])
    alone = [known[turn[form]][at] for at, form in enumerate(forms)]
    rows = _rows([question.locale for question in asked], before, unseen, after)
    own = _rows(forms, known[0], alone)
    card = {
        "date": date.today().isoformat(),
        "lesson": asdict(lesson),
        "draws without a fifth of the languages": FOLD_DRAWS,
        "questions right: before, taught without it and not pruned, after": rows,
        "its own examples right, a third at a time: before, taught without it and not pruned": own,
        "examples": example_digests(),
    }
    write_adapters(taught, card, target)
    yield "| language | untaught | taught others only | taught all | its examples: untaught | taught others only |"
    yield "|---|---|---|---|---|---|"
    for name, shares in rows.items():
        cells = [*(f"{share:.1%}" for share in [*shares, *own.get(name, [])]), "", ""]
        yield f"| {name} | {' | '.join(cells[:5])} |"


def _marks(
    lessons: Iterable[Adapters], texts: list[str], labels: list[str], asked: Sequence[Question]
) -> Iterator[tuple[NDArray[np.bool_], Floats]]:
    """Encoders so taught, one after the other: which questions are got right, and the vectors of the examples."""
    encodings = list[Floats]()

    def encoders() -> Iterator[tuple[Floats, Encoder]]:
        for adapters in lessons:
            with tempfile.TemporaryDirectory() as folder:
                encoder = Encoder(build(Path(folder) / "encoder", adapters))
                encodings.append(encoder.encode_many(texts))
                yield encodings[-1], encoder

    for found in guesses(VARIANTS[0], texts, labels, [question.text for question in asked], encoders()):
        marks = np.array([ranks[0] in question.intents for ranks, question in zip(found, asked, strict=True)])
        print(f"Right: {marks.mean():.1%}", file=sys.stderr)
        yield marks, encodings[-1]


def _rows(forms: Sequence[str], *columns: Any) -> dict[str, list[float]]:
    """The share right by written form, and their mean."""
    places = {form: np.flatnonzero(np.array(forms) == form) for form in sorted({*forms})}
    rows = {form: [round(float(np.mean(np.array(each)[at])), 4) for each in columns] for form, at in places.items()}
    rows["mean"] = [round(float(np.mean([row[at] for row in rows.values()])), 4) for at in range(len(columns))]
    return rows
