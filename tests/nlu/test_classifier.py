"""The classifier: one message by hand gives what the matrices of training gave."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.engine import Turn
from bot.nlu.classifier import fit, fit_both

pytestmark = [pytest.mark.rasa, pytest.mark.trained]


async def test_probabilities_are_a_whole_ranking(engine) -> None:  # type: ignore[no-untyped-def]
    """Every intent once, likeliest first, summing to one."""
    ranking = dict((await engine.turn(Turn("who can help me", None, "en"))).ranking)
    ranking.pop("nlu_fallback", None)
    values = list(ranking.values())
    assert len(ranking) == 50
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_the_solver_finds_what_scikit_learn_finds(kind: Callable[..., Any]) -> None:
    """Ours uses both cores, and is the same regression."""
    generator = np.random.default_rng(7)
    labels = generator.integers(0, 3, 200)
    features = (generator.normal(size=(200, 6)) + labels[:, None]) * (generator.random((200, 6)) < 0.6)
    features = kind(features.astype(np.float32))
    weights, bias = fit(features, labels, 1.0, 500, "")
    theirs = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500, tol=1e-6).fit(features, labels)
    ours = features @ weights + bias
    ours = np.exp(ours) / np.exp(ours).sum(axis=1, keepdims=True)
    assert np.allclose(ours, theirs.predict_proba(features), atol=0.01)


def test_each_part_is_learnt_alone() -> None:
    """Where meaning tells all, spelling learns as much as if there were no meaning; then the two are added."""
    generator = np.random.default_rng(7)
    labels = generator.integers(0, 3, 200)
    meaning = np.float32(0.1) * (generator.normal(size=(200, 4)) + 4 * labels[:, None]).astype(np.float32)
    spelling = csr_matrix((generator.random((200, 6)) < 0.2 + 0.2 * labels[:, None]).astype(np.float32))
    config = {"meaning": 0.5, "meaning_C": 1.0, "spelling_C": 2.0, "max_iter": 500}
    weights, bias = fit_both(meaning, spelling, labels, config)
    one, one_bias = fit(meaning, labels, 1.0, 500, "")
    other, other_bias = fit(spelling, labels, 2.0, 500, "")
    assert np.allclose(weights[4:], other)
    assert np.abs(other).max() > 0.2
    ours, apart = meaning @ weights[:4] + bias, 0.5 * (meaning @ one + one_bias) + other_bias
    assert np.allclose(ours, apart, atol=0.01)
