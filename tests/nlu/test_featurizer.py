"""Sentence vectors: meaning across languages, and vectors kept only of examples."""

import numpy as np
import pytest

from bot.nlu import featurizer

pytestmark = pytest.mark.rasa


def test_a_sentence_lies_near_its_translation() -> None:
    """Urdu and English of one question are nearer than two questions of one language."""
    question, translation, other = featurizer.encode(
        ["Will they send me back?", "کیا وہ مجھے واپس بھیج دیں گے؟", "What is the weather like?"]
    )
    assert question @ translation > question @ other


def test_vectors_have_length_one() -> None:
    """Whatever is typed."""
    vectors = featurizer.encode(["a", "?", "پولیس " * 100])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_unchanged_examples_are_not_encoded_again(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A small change trains fast: only the new example goes through the encoder."""
    cache = tmp_path / "vectors.npz"
    first = featurizer.encode_examples(["one", "two"], cache)
    encoded: list[list[str]] = []
    real = featurizer.encode
    monkeypatch.setattr(featurizer, "encode", lambda texts, progress=False: encoded.append(texts) or real(texts))
    second = featurizer.encode_examples(["two", "three"], cache)
    assert encoded == [["three"]]
    assert np.allclose(first[1], second[0])
