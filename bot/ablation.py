"""What each part of the pipeline gives: the same examples and questions, with one part taken away or changed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from bot import paths
from bot.content.examples import examples_by_intent, flat
from bot.encoder.runtime import Encoder, encoder
from bot.evaluation import Question
from bot.nlu.classifier import fit, fit_meaning
from bot.nlu.featurizer import encode_examples
from bot.text.normalisation import normalise, sentences, sounds

Floats = NDArray[np.float32]
Reading = Callable[[str], str]

OURS = {part["name"].rpartition(".")[2]: part for part in paths.read_mapping(paths.CONFIG)[0]["pipeline"]}
SPELLING, CLASSIFIER = OURS["SpellingFeaturizer"], OURS["LinearClassifier"]
LETTERS, SOUNDS = (normalise, SPELLING["letters"]), (sounds, SPELLING["sounds"])
"""What config.yml says of them: each variant is ours, but for what it names."""


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Args:
        name: What is taken away or changed.
        meaning: How much meaning counts; 0 leaves it out.
        views: Readings of the text for groups of letters, and their length.
        closer: How much closer than ours the regressions follow the examples.
        sentences: Share of the sentences of a long message, beside the whole.
        last: Only its last sentence speaks for them.
        model: Another classifier over meaning alone; None for ours.
    """

    name: str
    meaning: float = CLASSIFIER["meaning"]
    views: tuple[tuple[Reading, float], ...] = (LETTERS, SOUNDS)
    closer: float = 1
    sentences: float = CLASSIFIER["sentences"]
    last: bool = False
    model: Any = None


VARIANTS = (
    Variant("all of it"),
    Variant("without meaning (the encoder)", meaning=0),
    Variant("without spelling", views=()),
    Variant("without sounds", views=(LETTERS,)),
    Variant("without letters", views=(SOUNDS,)),
    Variant("letters not normalised", views=((str.lower, SPELLING["letters"]), SOUNDS)),
    Variant("the whole message only", sentences=0),
    Variant("the whole and its last sentence", sentences=0.5, last=True),
    Variant("its sentences only", sentences=1),
    Variant("spelling half as long", views=((normalise, 4), (sounds, 4))),
    Variant("follows the examples closer (C ten times ours)", closer=10),
    Variant("follows them less (C a sixth of ours)", closer=1 / 6),
    Variant("meaning alone: nearest 15 neighbours", views=(), model=KNeighborsClassifier(15, weights="distance")),
    Variant(
        "meaning alone: one hidden layer of 256",
        views=(),
        model=MLPClassifier(256, alpha=1e-3, max_iter=15, early_stopping=True, random_state=0),
    ),
    Variant("meaning alone: scikit-learn's regression", views=(), model=LogisticRegression(C=1, max_iter=100)),
)


def ablate(questions: Sequence[Question], forum: Sequence[Question]) -> Iterator[str]:
    """Trains each variant and yields a table in Markdown; half a minute a row.

    Args:
        questions: The held-out questions.
        forum: Long ones, as people type them on forums.
    """
    _, texts, labels = map(list, zip(*flat(examples_by_intent()), strict=True))
    vectors = encode_examples(texts, paths.MODELS / "vectors.npz")
    asked = [*questions, *forum]
    yield "| variant | right | within three | forum-like: right | within three | seconds to train |"
    yield "|---|---|---|---|---|---|"
    for variant in VARIANTS:
        start = time.perf_counter()
        (ranks,) = guesses(variant, texts, labels, [question.text for question in asked], [(vectors, encoder())])
        seconds = time.perf_counter() - start
        cells = [*_shares(questions, ranks[: len(questions)]), *_shares(forum, ranks[len(questions) :])]
        yield f"| {variant.name} | {' | '.join(f'{cell:.1%}' for cell in cells)} | {seconds:.0f} |"


def guesses(
    variant: Variant,
    texts: list[str],
    labels: list[str],
    asked: list[str],
    encoders: Iterable[tuple[Floats, Encoder]],
) -> Iterator[NDArray[Any]]:
    """Trains a variant on texts; the three likeliest intents of each question (n × 3), encoder by encoder.

    Args:
        variant: What is trained.
        texts: The examples.
        labels: Their intents.
        asked: The questions.
        encoders: The vectors of the examples, and what gave them; the spelling is learnt once for all.
    """
    each = [sentences(question) or [question] for question in asked]
    parts = [sentence for group in each for sentence in group]
    starts = np.cumsum([0, *map(len, each)])
    classes, numbers = np.unique(labels, return_inverse=True)
    spelling = _spelling(variant, texts, numbers)
    letters, letters_of_each = spelling(asked), spelling(parts)
    for vectors, reader in encoders:
        meaning = _meaning(variant, vectors, numbers)
        whole = meaning(reader.encode_many(asked)) + letters
        spoken = meaning(reader.encode_many(parts)) + letters_of_each
        means = [spoken[end - 1 if variant.last else start : end].mean(axis=0) for start, end in pairwise(starts)]
        scores = (1 - variant.sentences) * whole + variant.sentences * np.stack(means)
        yield classes[np.argsort(-scores, axis=1)[:, :3]]


def thirds(texts: list[str], labels: list[str], encodings: Sequence[Floats]) -> list[NDArray[np.bool_]]:
    """Which examples ours gets right when it has learnt the other two thirds, by each of the encodings.

    Args:
        texts: The examples, in the order of the files: every third is left out, so each intent loses as many.
        labels: Their intents.
        encodings: Their vectors, by one encoder after the other; the spelling is learnt once for all.
    """
    ours, (_, numbers), places = VARIANTS[0], np.unique(labels, return_inverse=True), np.arange(len(texts))
    found = [np.zeros(len(texts), bool) for _ in encodings]
    for start in range(3):
        known, asked = np.flatnonzero(places % 3 != start), places[start::3]
        letters = _spelling(ours, [texts[at] for at in known], numbers[known])([texts[at] for at in asked])
        for right, vectors in zip(found, encodings, strict=True):
            scores = _meaning(ours, vectors[known], numbers[known])(vectors[asked]) + letters
            right[asked] = scores.argmax(axis=1) == numbers[asked]
    return found


def _spelling(variant: Variant, texts: list[str], numbers: NDArray[Any]) -> Callable[[list[str]], Floats]:
    """Learns spelling; gives a text's logits."""
    if not variant.views:
        return lambda given: np.zeros((len(given), 1), np.float32)
    readers = [
        (
            length,
            TfidfVectorizer(
                analyzer="char_wb",
                ngram_range=(SPELLING["min_ngram"], SPELLING["max_ngram"]),
                max_features=SPELLING["max_features"],
                sublinear_tf=True,
                preprocessor=reading,
                dtype=np.float32,
            ).fit(texts),
        )
        for reading, length in variant.views
    ]

    def features(given: list[str]) -> csr_matrix:
        return hstack(
            [length * reader.transform(given) for length, reader in readers], format="csr", dtype=np.float32
        )

    weights, bias = fit(
        features(texts), numbers, CLASSIFIER["spelling_C"] * variant.closer, CLASSIFIER["max_iter"], "Spelling"
    )
    return lambda given: features(given) @ weights + bias


def _meaning(variant: Variant, vectors: Floats, numbers: NDArray[Any]) -> Callable[[Floats], Floats]:
    """Learns meaning; gives a vector's logits."""
    if variant.model is not None:
        model = variant.model.fit(vectors * 5, numbers)
        return lambda given: np.log(model.predict_proba(given * 5) + 1e-9)
    if not variant.meaning:
        return lambda given: np.zeros((len(given), 1), np.float32)
    weights, bias = fit_meaning(vectors, numbers, CLASSIFIER["meaning_C"] * variant.closer, CLASSIFIER["max_iter"])
    return lambda given: variant.meaning * (given @ weights + bias)


def _shares(questions: Sequence[Question], ranks: NDArray[Any]) -> tuple[float, float]:
    """Right and right within three: the mean over languages of each language's share."""
    found: dict[str, list[tuple[bool, bool]]] = {}
    for question, row in zip(questions, ranks, strict=True):
        found.setdefault(question.locale, []).append((row[0] in question.intents, bool({*row} & {*question.intents})))
    means = [np.mean(marks, axis=0) for marks in found.values()]
    right, within_three = np.mean(means, axis=0) if means else (0.0, 0.0)
    return float(right), float(within_three)
