"""Sentence vectors of examples are kept, so that a small change trains fast."""

import numpy as np
import pytest

from bot.encoder import runtime
from bot.nlu import featurizer

pytestmark = pytest.mark.rasa


def test_unchanged_examples_are_not_encoded_again(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Only the new example goes through the encoder."""
    cache = tmp_path / "vectors.npz"
    first = featurizer.encode_examples(["one", "two"], cache)
    encoded: list[list[str]] = []
    real = runtime.Encoder.encode_many
    monkeypatch.setattr(
        runtime.Encoder, "encode_many", lambda self, texts: encoded.append(texts) or real(self, texts)
    )
    second = featurizer.encode_examples(["two", "three"], cache)
    assert encoded == [["three"]]
    assert np.allclose(first[1], second[0])
