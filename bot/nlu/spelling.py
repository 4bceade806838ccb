"""Spelling: groups of letters as written, and as they sound in Latin letters; what the encoder cannot know."""

import json
from collections import Counter
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.text.normalisation import normalise, sentences, sounds

VIEWS = {"letters": normalise, "sounds": sounds}
"""How a text is read: as it is written, and as it sounds (Roman Urdu and Urdu, Hindi and Urdu meet there)."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SpellingFeaturizer(SparseFeaturizer, GraphComponent):
    """Gives each text the groups of letters in it, weighed by rarity, each view at its own length."""

    @classmethod
    def required_components(cls) -> list[type]:
        """A tokenizer, as for every featurizer of Rasa."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["sklearn", "anyascii"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option."""
        return {
            **SparseFeaturizer.get_default_config(),
            # Length of the letter groups, within words.
            "min_ngram": 2,
            "max_ngram": 4,
            # The commonest groups of each view.
            "max_features": 20000,
            # Length of each view's features; 0 leaves it out.
            "letters": 5.0,
            "sounds": 5.0,
        }

    def __init__(self, config: dict[str, Any], name: str, storage: ModelStorage, resource: Resource) -> None:
        """Made by Rasa; has learnt nothing yet."""
        super().__init__(name, config)
        self._storage, self._resource = storage, resource
        self._views = {
            view: TfidfVectorizer(
                analyzer="char_wb",
                preprocessor=reading,
                ngram_range=(config["min_ngram"], config["max_ngram"]),
                max_features=config["max_features"],
                sublinear_tf=True,
                dtype=np.float32,
            )
            for view, reading in VIEWS.items()
            if config[view]
        }
        self._groups = {view: vectorizer.build_analyzer() for view, vectorizer in self._views.items()}
        # scikit-learn reckons it anew each time it is asked.
        self._rarity: dict[str, Any] = {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SpellingFeaturizer":
        """A new component (see the parent class)."""
        return cls(config, execution_context.node_name, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns which groups of letters there are, and how rare each is."""
        texts = [example.get(TEXT) for example in training_data.training_examples if example.get(TEXT)]
        for view, vectorizer in self._views.items():
            self._rarity[view] = vectorizer.fit(texts).idf_
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds its features to each message; one of several sentences gets the mean of theirs too."""
        for message in messages:
            text = message.get(TEXT) or ""
            self._add(message, self._row(text), FEATURE_TYPE_SENTENCE)
            each = sentences(text)
            if each:
                rows = vstack([self._row(sentence) for sentence in each], format="csr")
                mean = csr_matrix(rows.mean(axis=0), dtype=np.float32)
                self._add(message, mean, FEATURE_TYPE_SEQUENCE)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds its features to each example."""
        for example in training_data.training_examples:
            if example.get(TEXT):
                self._add(example, self._row(example.get(TEXT)), FEATURE_TYPE_SENTENCE)
        return training_data

    def _row(self, text: str) -> csr_matrix:
        """What the vectorizers' `transform` gives, side by side, without their checks: five times as fast."""
        places, numbers, width = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)], 0
        for view, vectorizer in self._views.items():
            known = vectorizer.vocabulary_
            times = Counter(known[group] for group in self._groups[view](text) if group in known)
            place = np.fromiter(times, np.int32, len(times))
            number = (np.log(np.fromiter(times.values(), np.float32, len(times))) + 1) * self._rarity[view][place]
            places.append(place + width)
            numbers.append(self._config[view] * number / max(float(np.linalg.norm(number)), 1e-12))
            width += len(known)
        data, columns = np.concatenate(numbers).astype(np.float32), np.concatenate(places)
        return csr_matrix((data, columns, [0, len(data)]), shape=(1, width))

    def _add(self, message: Message, row: csr_matrix, kind: str) -> None:
        message.add_features(Features(row, kind, TEXT, self._config[FEATURIZER_CLASS_ALIAS]))

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            for view, vectorizer in self._views.items():
                terms = [str(term) for term in vectorizer.get_feature_names_out()]
                (folder / f"{view}.json").write_text(json.dumps(terms), encoding="utf-8")
                np.save(folder / f"{view}.npy", self._rarity[view])

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SpellingFeaturizer":
        """What was learnt; lists of numbers and letters only, so that a model file cannot run code."""
        featurizer = cls(config, execution_context.node_name, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            for view, vectorizer in featurizer._views.items():
                vectorizer.set_params(vocabulary=json.loads((folder / f"{view}.json").read_text(encoding="utf-8")))
                vectorizer.idf_ = featurizer._rarity[view] = np.load(folder / f"{view}.npy")
        return featurizer

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Lengths must not be negative, and the shortest group not longer than the longest."""
        if not 0 < config["min_ngram"] <= config["max_ngram"] or min(config["letters"], config["sounds"]) < 0:
            raise ValueError(
                "config.yml: SpellingFeaturizer: needs 0 < min_ngram <= max_ngram, letters and sounds >= 0"
            )
