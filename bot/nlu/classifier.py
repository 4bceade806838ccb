"""A linear intent classifier over meaning and spelling: one weight each, so that neither drowns the other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, diags, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

Floats = NDArray[np.float32]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearClassifier(IntentClassifier, GraphComponent):
    """Multinomial logistic regression; spelling counts are weighed by rarity and brought to unit length."""

    @classmethod
    def required_components(cls) -> list[type]:
        """At least one featurizer."""
        return [Featurizer]

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option."""
        return {
            # Length of the meaning part and of the spelling part of a message's features.
            "dense_weight": 14.0,
            "sparse_weight": 7.0,
            # The larger, the closer it follows the examples.
            "C": 1.0,
            # When the solver stops.
            "max_iter": 60,
            "tol": 0.001,
            # Above 1 it is less sure of itself, below 1 surer; set so that what it calls 80 % is right in 80 %.
            "temperature": 1.0,
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        """Made by Rasa; has learnt nothing yet."""
        self._config, self._storage, self._resource = config, storage, resource
        self._classes: list[str] = []
        self._rarity: Floats = np.zeros(0, np.float32)
        self._weights: Floats = np.zeros((0, 0), np.float32)
        self._bias: Floats = np.zeros(0, np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LinearClassifier":
        """A new component (see the parent class)."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the intents of the examples."""
        examples = [e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)]
        counts = vstack([_counts(example) for example in examples]).tocsr()
        self._rarity = _rarity(counts)
        features = self._features(counts, np.stack([_vector(example) for example in examples]))
        model = LogisticRegression(
            C=self._config["C"],
            max_iter=self._config["max_iter"],
            tol=self._config["tol"],
            class_weight="balanced",
            multi_class="multinomial",
        )
        model.fit(features, [example.get(INTENT) for example in examples])
        self._classes = [str(name) for name in model.classes_]
        self._weights = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        self._bias = model.intercept_.astype(np.float32)
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Puts the intents, likeliest first, on each message."""
        for message in messages:
            ranking = self._rank(message)
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing later in the pipeline learns from its guesses."""
        return training_data

    def _rank(self, message: Message) -> list[dict[str, Any]]:
        # One message by hand: building sparse matrices for it would cost more than the rest of the pipeline.
        vector, counts = _vector(message), _counts(message)
        spelling = (1 + np.log(counts.data)) * self._rarity[counts.indices]
        # Summed by einsum: for so few numbers BLAS would wait longer for its threads than it counts.
        meaning = np.einsum("i,ij->j", _unit(vector), self._weights[: len(vector)])
        letters = np.einsum("i,ij->j", _unit(spelling), self._weights[counts.indices + len(vector)])
        logits = self._bias + meaning * self._config["dense_weight"] + letters * self._config["sparse_weight"]
        exponents = np.exp((logits - logits.max()) / self._config["temperature"])
        probabilities = exponents / exponents.sum()
        order = np.argsort(-probabilities)
        return [{"name": self._classes[i], "confidence": float(probabilities[i])} for i in order]

    def _features(self, counts: csr_matrix, vectors: Floats) -> csr_matrix:
        """Meaning and spelling side by side, each at its own length."""
        damped = counts.astype(np.float32)
        damped.data = 1 + np.log(damped.data)
        spelling = normalize(damped @ diags(self._rarity)) * self._config["sparse_weight"]
        meaning = normalize(vectors) * self._config["dense_weight"]
        return hstack([csr_matrix(meaning), spelling], format="csr", dtype=np.float32)

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "classifier.npz",
                classes=np.array(self._classes),
                rarity=self._rarity,
                weights=self._weights,
                bias=self._bias,
            )

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "LinearClassifier":
        """What was learnt; arrays only, so that a model file cannot run code."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / "classifier.npz") as stored:
            classifier._classes = stored["classes"].tolist()
            classifier._rarity, classifier._weights = stored["rarity"], stored["weights"]
            classifier._bias = stored["bias"]
        return classifier

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Weights, C and temperature must be above 0."""
        for key in ("dense_weight", "sparse_weight", "C", "temperature"):
            if not config[key] > 0:
                raise ValueError(f"config.yml: LinearClassifier: {key} must be above 0")


def _counts(message: Message) -> csr_matrix:
    """How often each group of letters stands in a message (1 × vocabulary)."""
    features = message.get_sparse_features(attribute=TEXT)[1]
    return csr_matrix(features.features) if features else csr_matrix((1, 0), dtype=np.float32)


def _vector(message: Message) -> Floats:
    """The meaning of a message (the encoder's width)."""
    features = message.get_dense_features(attribute=TEXT)[1]
    vector: Floats = features.features[0] if features else np.zeros(1, np.float32)
    return vector


def _unit(vector: Floats) -> Floats:
    """A vector brought to length 1; nothing stays nothing."""
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _rarity(counts: csr_matrix) -> Floats:
    """Inverse document frequency, smoothed."""
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity: Floats = (np.log((1 + counts.shape[0]) / (1 + seen)) + 1).astype(np.float32)
    return rarity
