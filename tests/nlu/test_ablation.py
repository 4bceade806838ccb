"""What measures the parts: no example may help to understand itself."""

import numpy as np

from bot.ablation import thirds
from bot.content.examples import examples_by_intent
from bot.encoder.runtime import encoder

INTENTS = ("forced_marriage", "housing", "money", "thanks")


def test_each_example_is_asked_of_what_the_others_taught() -> None:
    """Meaning helps; one that is alone with its intent can never be right."""
    english = examples_by_intent()["en"]
    texts, labels = map(list, zip(*((text, name) for name in INTENTS for text in english[name][:30]), strict=True))
    texts[-1], labels[-1] = "he reads my phone", "zzz"
    vectors = encoder().encode_many(texts)
    read, unread = thirds(texts, labels, [vectors, np.zeros_like(vectors)])
    assert not read[-1]
    assert read.mean() > unread.mean() > 0.5
