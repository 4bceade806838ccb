"""The whole course: taught in turn without each fifth of the languages, then on all; measured before and after."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
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
from bot.encoder.teach import teach
from bot.encoder.weights import Weights
from bot.evaluation import Question

FOLD_DRAWS, FOLD_PRUNED_DRAWS = 4_800, 9_600
"""Examples drawn while a fifth of the languages is left out: fewer, for five times an hour is too long."""

SAMPLE = 8
"""Before and after are compared with one in so many of the examples for the classifier."""


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
    asked = [*questions, *others]
    before = _marks({}, examples, asked)
    unseen: dict[int, bool] = {}
    for number, left_out in enumerate(folds(examples), 1):
        print(f"Lesson {number} of {FOLDS + 1}: without {', '.join(left_out)}", file=sys.stderr)
        draws, pruned_draws = min(lesson.draws, FOLD_DRAWS), min(lesson.pruned_draws, FOLD_PRUNED_DRAWS)
        shorter = replace(lesson, draws=draws, pruned_draws=pruned_draws)
        taught = teach(weights, without(examples, left_out), shorter, other_texts(left_out))
        places = [at for at, question in enumerate(asked) if language(question.locale) in left_out]
        marks = _marks(taught, examples, [asked[at] for at in places])
        unseen |= dict(zip(places, marks, strict=True))
    print(f"Lesson {FOLDS + 1} of {FOLDS + 1}: with all", file=sys.stderr)
    adapters = teach(weights, examples, lesson, other_texts())
    after = _marks(adapters, examples, asked)
    unseen |= {at: after[at] for at in range(len(questions), len(asked))}
    rows = _rows(asked, before, [unseen[at] for at in range(len(asked))], after)
    card = {
        "date": date.today().isoformat(),
        "lesson": asdict(lesson),
        "draws without a fifth of the languages": [FOLD_DRAWS, FOLD_PRUNED_DRAWS],
        "right: before, taught without it, after": rows,
        "examples": example_digests(),
    }
    write_adapters(adapters, card, target)
    yield "| language | right, untaught | taught others only | taught all |"
    yield "|---|---|---|---|"
    for name, shares in rows.items():
        yield f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |"


def _marks(adapters: Adapters, examples: Examples, asked: Sequence[Question]) -> NDArray[np.bool_]:
    """Which questions our classifier gets right on the vectors of an encoder so taught."""
    sample = [
        (text, intent) for group in examples.values() for intent, texts in group.items() for text in texts[::SAMPLE]
    ]
    with tempfile.TemporaryDirectory() as folder:
        encoder = Encoder(build(Path(folder) / "encoder", adapters))
        texts, labels = map(list, zip(*sample, strict=True))
        found = guesses(
            VARIANTS[0], texts, labels, encoder.encode_many(texts), [question.text for question in asked], encoder
        )
    return np.array([ranks[0] in question.intents for ranks, question in zip(found, asked, strict=True)])


def _rows(asked: Sequence[Question], *columns: Any) -> Mapping[str, list[float]]:
    """The share right by language, and their mean."""
    forms = sorted({question.locale for question in asked})
    rows = {}
    for form in forms:
        places = [at for at, question in enumerate(asked) if question.locale == form]
        rows[form] = [round(float(np.mean([column[at] for at in places])), 4) for column in columns]
    rows["mean"] = [round(float(np.mean([row[at] for row in rows.values()])), 4) for at in range(len(columns))]
    return rows
