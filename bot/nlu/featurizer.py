"""Multilingual sentence vectors: multilingual-e5-small, in 100 languages, as `bot.encoder` built it."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
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

from bot.encoder.runtime import DIMENSIONS, Vectors, encoder
from bot.paths import ROOT, encoder_path
from bot.text.normalisation import sentences


def encode_examples(texts: list[str], cache: Path | None = None) -> Vectors:
    """Vectors of training examples; those of unchanged examples come from the last training, never of a message."""
    built = encoder_path().name
    keys = [hashlib.sha256(f"{built}\0{text}".encode()).hexdigest() for text in texts]
    known: dict[str, Vectors] = {}
    if cache and cache.exists():
        with np.load(cache) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    known |= dict(zip(missing, encoder().encode_many(list(missing.values())), strict=True))
    used = list(dict.fromkeys(keys))
    if cache and used:
        cache.parent.mkdir(exist_ok=True)
        np.savez(cache, keys=np.array(used), vectors=np.stack([known[key] for key in used]))
    return np.stack([known[key] for key in keys]) if keys else np.zeros((0, DIMENSIONS), np.float32)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Gives each text one vector of its meaning."""

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        """Loads the encoder, so that the first person need not wait for it."""
        super().__init__(name, config)
        self._encoder = encoder()

    @classmethod
    def required_components(cls) -> list[type]:
        """A tokenizer: Rasa counts a text's tokens."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["onnxruntime", "tokenizers"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option."""
        return {
            **DenseFeaturizer.get_default_config(),
            # Where the vectors of examples are kept, so that a small change trains fast; None to keep none.
            "cache": None,
        }

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
        """Adds its vector to each message; one of several sentences gets the mean of theirs too."""
        for message in messages:
            text = message.get(TEXT) or ""
            whole, *each = self._encoder.encode([text, *sentences(text)])
            self._add(message, whole, FEATURE_TYPE_SENTENCE)
            if each:
                self._add(message, np.mean(each, axis=0), FEATURE_TYPE_SEQUENCE)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds its vector to each example that has a text."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        cache = ROOT / self._config["cache"] if self._config["cache"] else None
        vectors = encode_examples([example.get(TEXT) for example in examples], cache)
        for example, vector in zip(examples, vectors, strict=True):
            self._add(example, vector, FEATURE_TYPE_SENTENCE)
        return training_data

    def _add(self, message: Message, vector: Vectors, kind: str) -> None:
        message.add_features(Features(vector.reshape(1, -1), kind, TEXT, self._config[FEATURIZER_CLASS_ALIAS]))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing of it can be wrong."""
