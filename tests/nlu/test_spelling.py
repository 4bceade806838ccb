"""Spelling: groups of letters as written and as they sound."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.rasa


@pytest.fixture
def featurizer(tmp_path: Path) -> Any:
    """A featurizer that has learnt four examples."""
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.shared.nlu.constants import TEXT
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from bot.nlu.spelling import SpellingFeaturizer

    config = SpellingFeaturizer.get_default_config()
    storage, resource = LocalModelStorage(tmp_path), Resource("spelling")
    made = SpellingFeaturizer(config, "spelling", storage, resource)
    texts = ["mera shohar mujhe marta hai", "میرا شوہر مجھے مارتا ہے", "visa", "police report"]
    made.train(TrainingData([Message({TEXT: text}) for text in texts]))
    context = SimpleNamespace(node_name="spelling")
    return made, SpellingFeaturizer.load(config, storage, resource, context)  # type: ignore[arg-type]


def test_what_was_learnt_comes_back(featurizer: Any) -> None:
    """A loaded model gives the features of the trained one."""
    made, loaded = featurizer
    assert abs(made._row("shohar ne mara") - loaded._row("shohar ne mara")).max() < 1e-6


@pytest.mark.parametrize("text", ["shohar ne mara mara", "وہ مارتا ہے visa", "zzz", "", "報警"])
def test_the_short_way_gives_the_numbers_of_scikit_learn(featurizer: Any, text: str) -> None:
    """Side by side, each view at its own length."""
    from scipy.sparse import hstack

    for one in featurizer:
        parts = [one._config[view] * vectorizer.transform([text]) for view, vectorizer in one._views.items()]
        assert abs(one._row(text) - hstack(parts, format="csr")).max() < 1e-6


def test_roman_urdu_and_urdu_have_letters_in_common(featurizer: Any) -> None:
    """By sound: by writing they have none."""
    _, loaded = featurizer
    roman, urdu, other = map(loaded._row, ["marta hai", "مارتا ہے", "police report"])
    assert (roman @ urdu.T)[0, 0] > (roman @ other.T)[0, 0]


def test_a_long_message_gets_the_mean_of_its_sentences_too(featurizer: Any) -> None:
    """And a short one does not."""
    from rasa.shared.nlu.constants import TEXT
    from rasa.shared.nlu.training_data.message import Message

    _, loaded = featurizer
    long, short = loaded.process(
        [Message({TEXT: "He hits me every day. Will the police take my visa?"}), Message({TEXT: "visa?"})]
    )
    assert long.get_sparse_features(TEXT)[0] is not None
    assert short.get_sparse_features(TEXT)[0] is None
