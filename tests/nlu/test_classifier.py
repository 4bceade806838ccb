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


def test_one_message_is_ranked_as_in_training() -> None:
    """The fast path for one message and the matrix path for many give the same features."""
    from scipy.sparse import csr_matrix

    from bot.nlu.classifier import LinearClassifier, _rarity, _unit

    generator = np.random.default_rng(7)
    counts = csr_matrix(generator.integers(0, 3, (5, 30)).astype(np.float32))
    vectors = generator.normal(size=(5, 8)).astype(np.float32)
    classifier = LinearClassifier(LinearClassifier.get_default_config(), None, None)
    classifier._rarity = _rarity(counts)
    matrix = classifier._features(counts, vectors).toarray()
    for row in range(5):
        one = counts[row]
        spelling = np.zeros(30, np.float32)
        spelling[one.indices] = _unit((1 + np.log(one.data)) * classifier._rarity[one.indices]) * 7.0
        assert np.allclose(matrix[row], [*(_unit(vectors[row]) * 14.0), *spelling], atol=1e-4)
