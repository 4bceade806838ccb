"""The classifier: one message by hand gives what the matrices of training gave."""

import numpy as np
import pytest

from bot.engine import Turn

pytestmark = [pytest.mark.rasa, pytest.mark.trained]


async def test_probabilities_are_a_whole_ranking(engine) -> None:  # type: ignore[no-untyped-def]
    """Every intent once, likeliest first, summing to one."""
    ranking = dict((await engine.turn(Turn("who can help me", None, "en"))).ranking)
    ranking.pop("nlu_fallback", None)
    values = list(ranking.values())
    assert len(ranking) == 50
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1, abs=1e-4)


def test_the_solver_finds_what_scikit_learn_finds() -> None:
    """Ours keeps the dense part dense, and is the same regression."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    from bot.nlu.classifier import fit

    generator = np.random.default_rng(7)
    labels = generator.integers(0, 3, 200)
    meaning = (generator.normal(size=(200, 4)) + labels[:, None]).astype(np.float32)
    spelling = csr_matrix((generator.random((200, 6)) < 0.3).astype(np.float32))
    weights, bias = fit(meaning, spelling, labels, 1.0, 500)
    features = hstack([csr_matrix(meaning), spelling]).tocsr()
    theirs = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500, tol=1e-6).fit(features, labels)
    ours = features @ weights + bias
    ours = np.exp(ours) / np.exp(ours).sum(axis=1, keepdims=True)
    assert np.allclose(ours, theirs.predict_proba(features), atol=0.01)
