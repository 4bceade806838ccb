"""The classifier: one message by hand gives what the matrices of training gave."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.engine import Turn
from bot.nlu.classifier import fit, fit_meaning

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


def test_meaning_is_learnt_as_any_other_features_only_sooner() -> None:
    """Its mean taken off and its length changed for the solver, and both given back."""
    generator = np.random.default_rng(7)
    labels = generator.integers(0, 3, 200)
    meaning = np.float32(0.1) * (generator.normal(size=(200, 4)) + 4 * labels[:, None]).astype(np.float32)
    weights, bias = fit_meaning(meaning, labels, 1.0, 500)
    plain, plain_bias = fit(meaning, labels, 1.0, 500, "")
    assert np.allclose(meaning @ weights + bias, meaning @ plain + plain_bias, atol=0.01)
