"""The whole course: taught in turn without each fifth of the languages, then on all; measured before and after."""

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot import paths
from bot.ablation import VARIANTS, guesses
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
    weights = Weights.read()
    asked, taught = [*questions, *others], dict[str, Floats]()

    def lessons() -> Iterator[Adapters]:
        yield {}
        for number, left_out in enumerate(folds(examples), 1):
            print(f"Lesson {number} of {FOLDS + 1}: without {', '.join(left_out)}", file=sys.stderr)
            shorter = replace(lesson, draws=min(lesson.draws, FOLD_DRAWS))
            yield teach_whole(weights, without(examples, left_out), shorter)
        print(f"Lesson {FOLDS + 1} of {FOLDS + 1}: with all", file=sys.stderr)
        taught.update(teach(weights, examples, lesson, other_texts()))
        yield taught

    before, *turns, after = _marks(lessons(), examples, asked)
    unseen = after.copy()
    for left_out, marks in zip(folds(examples), turns, strict=True):
        places = [at for at, question in enumerate(questions) if language(question.locale) in left_out]
        unseen[places] = marks[places]
    rows = _rows(asked, before, unseen, after)
    card = {
        "date": date.today().isoformat(),
        "lesson": asdict(lesson),
        "draws without a fifth of the languages": FOLD_DRAWS,
        "right: before, taught without it and not pruned, after": rows,
        "examples": example_digests(),
    }
    write_adapters(taught, card, target)
    yield "| language | right, untaught | taught others only, not pruned | taught all |"
    yield "|---|---|---|---|"
    for name, shares in rows.items():
        yield f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |"


def _marks(lessons: Iterable[Adapters], examples: Examples, asked: Sequence[Question]) -> Iterator[NDArray[np.bool_]]:
    """Which questions our classifier gets right on the vectors of encoders so taught, one after the other."""
    pairs = [(text, intent) for group in examples.values() for intent, texts in group.items() for text in texts]
    texts, labels = map(list, zip(*pairs, strict=True))

    def encoders() -> Iterator[tuple[Floats, Encoder]]:
        for adapters in lessons:
            with tempfile.TemporaryDirectory() as folder:
                encoder = Encoder(build(Path(folder) / "encoder", adapters))
                yield encoder.encode_many(texts), encoder

    for found in guesses(VARIANTS[0], texts, labels, [question.text for question in asked], encoders()):
        marks = np.array([ranks[0] in question.intents for ranks, question in zip(found, asked, strict=True)])
        print(f"Right: {marks.mean():.1%}", file=sys.stderr)
        yield marks


def _rows(asked: Sequence[Question], *columns: Any) -> Mapping[str, list[float]]:
    """The share right by language, and their mean."""
    forms = sorted({question.locale for question in asked})
    rows = {}
    for form in forms:
        places = [at for at, question in enumerate(asked) if question.locale == form]
        rows[form] = [round(float(np.mean([column[at] for at in places])), 4) for column in columns]
    rows["mean"] = [round(float(np.mean([row[at] for row in rows.values()])), 4) for at in range(len(columns))]
    return rows
