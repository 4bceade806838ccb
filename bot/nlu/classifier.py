"""A linear intent classifier over meaning and spelling, learnt apart, so that neither leans on the other."""

import sys
from concurrent.futures import ThreadPoolExecutor
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
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, issparse, vstack
from tqdm import tqdm

Floats = NDArray[np.float32]

LENGTH = 14
"""Of the vectors while their regression is learnt, with their mean taken off: as the encoder gives them, of length 1
and all to one side, the solver would need twice the steps."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearClassifier(GraphComponent, IntentClassifier):
    """Two logistic regressions, added; each sentence of a long message has a voice beside the whole.

    The encoder was taught these examples, so it is surer of them than of what a stranger types: learnt together with
    its vectors, their spelling would hardly be learnt.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        """At least one featurizer."""
        return [Featurizer]

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option."""
        return {
            # How much the meaning of a message counts beside its spelling.
            "meaning": 1.0,
            # The larger, the closer each follows the examples.
            "meaning_C": 20.0,
            "spelling_C": 4.0,
            # Steps of the solver, for each.
            "max_iter": 80,
            # How much the sentences of a long message count, each for itself, beside the whole (0 to 1).
            "sentences": 0.4,
            # Above 1 it is less sure of itself, below 1 surer; set so that what it calls 80 % is right in 80 %.
            "temperature": 1.0,
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        """Made by Rasa; has learnt nothing yet."""
        self._config, self._storage, self._resource = config, storage, resource
        self._classes: list[str] = []
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
        """Learns the intents of the examples, with progress on standard error."""
        examples = [e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)]
        parts = [_features(example)[0] for example in examples]
        meaning = np.stack([vector for vector, _ in parts])
        spelling = vstack([counts for _, counts in parts], format="csr", dtype=np.float32)
        classes, labels = np.unique([example.get(INTENT) for example in examples], return_inverse=True)
        self._classes = [str(name) for name in classes]
        share, steps = np.float32(self._config["meaning"]), self._config["max_iter"]
        weights, bias = fit_meaning(meaning, labels, self._config["meaning_C"], steps)
        letters, letters_bias = fit(spelling, labels, self._config["spelling_C"], steps, "Spelling")
        self._weights, self._bias = np.vstack([share * weights, letters]), share * bias + letters_bias
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
        whole, *each = [self._logits(*part) for part in _features(message)]
        share = self._config["sentences"]
        logits = (1 - share) * whole + share * each[0] if each else whole
        exponents = np.exp((logits - logits.max()) / self._config["temperature"])
        probabilities = exponents / exponents.sum()
        order = np.argsort(-probabilities)
        return [{"name": self._classes[i], "confidence": float(probabilities[i])} for i in order]

    def _logits(self, vector: Floats, counts: csr_matrix) -> Floats:
        # Summed by einsum: for so few numbers BLAS would wait longer for its threads than it counts.
        meaning = np.einsum("i,ij->j", vector, self._weights[: len(vector)])
        letters = np.einsum("i,ij->j", counts.data, self._weights[counts.indices + len(vector)])
        logits: Floats = self._bias + meaning + letters
        return logits

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "classifier.npz",
                classes=np.array(self._classes),
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
            classifier._weights, classifier._bias = stored["weights"], stored["bias"]
        return classifier

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Weight, C and temperature must be above 0, and the share of the sentences between 0 and 1."""
        for key in ("meaning", "meaning_C", "spelling_C", "temperature"):
            if not config[key] > 0:
                raise ValueError(f"config.yml: LinearClassifier: {key} must be above 0")
        if not 0 <= config["sentences"] <= 1:
            raise ValueError("config.yml: LinearClassifier: sentences must be between 0 and 1")


def fit_meaning(vectors: Floats, labels: Any, c: float, steps: int) -> tuple[Floats, Floats]:
    """The regression over meaning: `fit`, where it is quick."""
    middle = vectors.mean(axis=0)
    weights, bias = fit((vectors - middle) * LENGTH, labels, c / LENGTH**2, steps, "Meaning")
    return LENGTH * weights, bias - LENGTH * middle @ weights


def fit(features: Floats | csr_matrix, labels: Any, c: float, steps: int, name: str) -> tuple[Floats, Floats]:
    """Multinomial logistic regression by scipy's L-BFGS; every intent weighs the same, however many examples it has.

    scikit-learn's multiplies sparse numbers on one core, and takes half as long again.

    Args:
        features: n × d, dense or sparse.
        labels: n numbers of classes.
        c: The larger, the closer it follows the examples.
        steps: At most this many.
        name: What the progress on standard error is called.

    Returns:
        The weights (d × classes) and the bias (classes).
    """
    count, classes = len(labels), int(labels.max()) + 1
    weight = (c * count / (classes * np.bincount(labels)))[labels][:, None].astype(np.float32)
    shape = (features.shape[1] + 1, classes)
    # Two halves, one a core: numpy and scipy let go of the interpreter while they multiply.
    halves = [slice(0, count // 2), slice(count // 2, count)]
    parts = [(features[h], _turned(features[h]), labels[h], weight[h]) for h in halves]

    def one_half(part: Any, weights: Floats) -> tuple[float, Floats]:
        given, turned, own, heavy = part
        rows = np.arange(len(own))
        logits = given @ weights[:-1] + weights[-1]
        logits -= logits.max(axis=1, keepdims=True)
        error = np.exp(logits)
        total = error.sum(axis=1, keepdims=True)
        loss = float((heavy * (np.log(total) - logits[rows, own][:, None])).sum())
        error /= total
        error[rows, own] -= 1
        error *= heavy
        return loss, np.vstack([turned @ error, error.sum(axis=0)])

    def loss_and_gradient(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.astype(np.float32).reshape(shape)
        (one, gradient), (other, rest) = threads.map(one_half, parts, [weights, weights])
        gradient += rest
        gradient[:-1] += weights[:-1]
        return 0.5 * float((weights[:-1] ** 2).sum()) + one + other, gradient.ravel().astype(np.float64)

    with (
        ThreadPoolExecutor(len(parts)) as threads,
        tqdm(total=steps, desc=name, unit="step", file=sys.stderr) as progress,
    ):
        found = minimize(
            loss_and_gradient,
            np.zeros(shape[0] * shape[1]),
            jac=True,
            method="L-BFGS-B",
            callback=lambda _: progress.update(),
            options={"maxiter": steps, "maxcor": 8, "gtol": 1e-3},
        )
    weights = found.x.astype(np.float32).reshape(shape)
    return np.ascontiguousarray(weights[:-1]), weights[-1]


def _turned(features: Any) -> Any:
    return features.T.tocsr() if issparse(features) else features.T


def _features(message: Message) -> list[tuple[Floats, csr_matrix]]:
    """Meaning and spelling of the whole message, and the mean of its sentences where the featurizers gave one."""
    dense, sparse = message.get_dense_features(attribute=TEXT), message.get_sparse_features(attribute=TEXT)
    each, whole = zip(dense, sparse, strict=True)
    return [_pair(*part) for part in (whole, each) if part[0] is not None or part[1] is not None]


def _pair(dense: Any, sparse: Any) -> tuple[Floats, csr_matrix]:
    vector = dense.features[0] if dense else np.zeros(1, np.float32)
    return vector, csr_matrix(sparse.features) if sparse else csr_matrix((1, 0), dtype=np.float32)
