"""Part of the examples, the same for both sides: stock Rasa would take hours for all of them."""

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot import paths
from bot.content.examples import all_examples, examples_by_intent
from bot.evaluation import Question, read_folder

Examples = Mapping[str, Mapping[str, list[str]]]
"""Locale → intent → texts."""

SEED = 20261128
LEAST = 1
"""Examples an intent and form keeps, however small the share."""


def draw(share: int, *, least: int = LEAST) -> Examples:
    """One example in `share`, drawn at random, always the same; the whole where `share` is 1."""
    chance = random.Random(SEED)  # noqa: S311

    def some(texts: list[str]) -> list[str]:
        return chance.sample(texts, min(len(texts), max(least, round(len(texts) / share))))

    whole = examples_by_intent()
    return {locale: {name: some(texts) for name, texts in intents.items()} for locale, intents in whole.items()}


def count(examples: Examples) -> int:
    """How many examples there are."""
    return sum(len(texts) for intents in examples.values() for texts in intents.values())


def write(examples: Examples, folder: Path) -> None:
    """Writes them as `data/nlu` has them."""
    folder.mkdir(parents=True, exist_ok=True)
    for locale, intents in examples.items():
        blocks = [
            f"- intent: {name}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
            for name, texts in intents.items()
        ]
        (folder / f"{locale}.yml").write_text('version: "3.1"\nnlu:\n' + "".join(blocks), encoding="utf-8")


def held_out(intents: Iterable[str]) -> list[Question]:
    """The questions nobody trained on, of every form, shuffled; always in the same order."""
    # A greeting held out in one form may be an example of another: `ciao`.
    trained = {text for texts in all_examples().values() for text in texts}
    questions = [question for question in read_folder(paths.QUESTIONS, intents) if question.text not in trained]
    random.Random(SEED).shuffle(questions)  # noqa: S311
    return questions
