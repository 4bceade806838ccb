"""What the encoder is taught, and how: which texts a step sees, spelt by whom, and which languages are left out."""

import random
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from anyascii import anyascii

Examples = Mapping[str, Mapping[str, Sequence[str]]]
"""Written form → intent → texts."""

FOLDS = 5
"""Parts of our languages, each left out whole in its turn."""

WHOLE = frozenset({"zh_Hans"})
"""Names with a script that are languages of their own here, not written forms of another."""


@dataclass(frozen=True)
class Lesson:
    """How it is taught.

    Attributes:
        draws: Examples drawn in all.
        rank: Rank of the adapters.
        first: The first layer that gets adapters; those below stay as they are.
        intents: Intents in a step.
        forms: Examples of each in a step, every one in another language or written form.
        rate: Highest learning rate.
        warmup: Share of the steps in which the rate rises to it; then it falls again, as a cosine does.
        smoothing: Share of each label that is spread over all intents.
        danger: How much heavier an example of danger weighs.
        together: Weight of the loss that draws examples of one intent together, whatever their language.
        warmth: Temperature of that loss.
        romanised: Share of texts in other letters that are seen in Latin ones instead.
        misspelt: Share of texts that get a spelling mistake or two.
        longest: Pieces of a text that are read.
        seed: Of every draw.
    """

    draws: int = 50_000
    rank: int = 16
    first: int = 3
    intents: int = 16
    forms: int = 3
    rate: float = 1e-3
    warmup: float = 0.06
    smoothing: float = 0.1
    danger: float = 2.0
    together: float = 0.2
    warmth: float = 0.1
    romanised: float = 0.15
    misspelt: float = 0.25
    longest: int = 32
    seed: int = 7


def language(form: str) -> str:
    """The language of a written form: `ur` of `ur_Latn`."""
    return form if form in WHOLE else form.split("_")[0]


def folds(examples: Examples) -> list[list[str]]:
    """Our languages in five parts, each left out whole, all its written forms."""
    languages = sorted({language(form) for form in examples})
    return [languages[start::FOLDS] for start in range(FOLDS)]


def without(examples: Examples, languages: Sequence[str]) -> Examples:
    """The examples of all other languages."""
    return {form: group for form, group in examples.items() if language(form) not in languages}


def batches(
    examples: Examples, intents: Sequence[str], lesson: Lesson, steps: int
) -> Iterator[tuple[list[str], list[str]]]:
    """Texts and their intents, step by step; an example comes again only when all of its kind have come."""
    chance = random.Random(lesson.seed)  # noqa: S311  (no secret)
    queues: dict[tuple[str, str], list[str]] = {}
    order: list[str] = []
    for _ in range(steps):
        texts, names = [], []
        while len(order) < lesson.intents:
            order += chance.sample(intents, len(intents))
        taken, order = order[: lesson.intents], order[lesson.intents :]
        for intent in taken:
            forms = [form for form, group in examples.items() if group.get(intent)]
            for form in chance.sample(forms, min(lesson.forms, len(forms))):
                queue = queues.setdefault((form, intent), [])
                if not queue:
                    queue += chance.sample(list(examples[form][intent]), len(examples[form][intent]))
                texts.append(view(queue.pop(), lesson, chance))
                names.append(intent)
        yield texts, names


def view(text: str, lesson: Lesson, chance: random.Random) -> str:
    """The text as another person, or another keyboard, would have written it; mostly as it is."""
    if chance.random() < lesson.romanised and not text.isascii():
        # Letters without their marks, or in Latin: “prosze”, “myra shwhr”.
        text = anyascii(text).lower()
    if chance.random() < lesson.misspelt:
        for _ in range(chance.randint(1, 2)):
            text = misspelt(text, chance)
    return text


def misspelt(text: str, chance: random.Random) -> str:
    """One letter lost, doubled or changed for its neighbour; never the first of a text."""
    places = [place for place in range(1, len(text)) if unicodedata.category(text[place])[0] in "LM"]
    if not places:
        return text
    at = chance.choice(places)
    before, letter, after = text[: at - 1], text[at], text[at + 1 :]
    return chance.choice([text[:at] + after, text[:at] + letter * 2 + after, before + letter + text[at - 1] + after])
