"""What the encoder is taught, and how: which texts a step sees, spelt by whom, and which languages are left out."""

import importlib
import pkgutil
import random
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import spacy.lang
from anyascii import anyascii
from babel import Locale, localedata

Examples = Mapping[str, Mapping[str, Sequence[str]]]
"""Written form → intent → texts."""

FOLDS = 5
"""Parts of our languages, each left out whole in its turn."""

WHOLE = frozenset({"zh_Hans"})
"""Names with a script that are languages of their own here, not written forms of another."""


@dataclass(frozen=True)
class Lesson:
    """How it is taught: first, whole, our questions; then what is left when it is pruned, to do what the whole does.

    Attributes:
        draws: Examples drawn for the whole.
        rank: Rank of its adapters.
        first: The first layer that gets adapters; those below stay as they are.
        heads: Heads of attention that stay in each layer: without the others least was lost for the time saved.
        inside: Neurons that stay in each layer's feed-forward, found likewise.
        pruned_draws: Examples drawn for what is left.
        pruned_intents: Intents in a step of its own.
        pruned_rank: Rank of its adapters; its biases and layer norms learn too.
        pruned_rate: Its highest learning rate.
        pruned_others: Texts of any language beside the examples of a step, so that it forgets none.
        pruned_strung: Messages of several examples beside them, so that it learns to read long ones.
        pruned_longest: Pieces of a text that it reads.
        likeness: Weight of the loss that has its vectors lie where those of the whole do.
        closeness: Weight of the loss that has its last layer say of each piece what that of the whole says.
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

    draws: int = 100_000
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
    heads: tuple[int, ...] = (8, 4, 4, 3, 3, 4, 4, 4, 6, 10, 12, 12)
    inside: tuple[int, ...] = (1024, 1280, 1280, 768, 512, 512, 768, 768, 1024, 1280, 1024, 384)
    pruned_draws: int = 60_000
    pruned_intents: int = 6
    pruned_rank: int = 40
    pruned_rate: float = 2e-3
    pruned_others: int = 6
    pruned_strung: int = 2
    pruned_longest: int = 64
    likeness: float = 10.0
    closeness: float = 5.0


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
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Texts, as others might spell them and as they are, and their intents, step by step.

    An example comes again only when all of its kind have come.
    """
    chance = random.Random(lesson.seed)  # noqa: S311  (no secret)
    queues: dict[tuple[str, str], list[str]] = {}
    order: list[str] = []
    for _ in range(steps):
        spelt, texts, names = [], [], []
        while len(order) < lesson.intents:
            order += chance.sample(intents, len(intents))
        taken, order = order[: lesson.intents], order[lesson.intents :]
        for intent in taken:
            forms = [form for form, group in examples.items() if group.get(intent)]
            for form in chance.sample(forms, min(lesson.forms, len(forms))):
                queue = queues.setdefault((form, intent), [])
                if not queue:
                    queue += chance.sample(list(examples[form][intent]), len(examples[form][intent]))
                texts.append(queue.pop())
                spelt.append(view(texts[-1], lesson, chance))
                names.append(intent)
        yield spelt, texts, names


def long_message(examples: Examples, chance: random.Random) -> str:
    """A long message: two to four examples of one written form, put together as people do."""
    texts = [text for group in examples[chance.choice(sorted(examples))].values() for text in group]
    taken = chance.sample(texts, min(len(texts), chance.randint(2, 4)))
    return "".join(text.strip() + chance.choice([". ", ".", "? ", ", ", " ", "\n"]) for text in taken).strip()


def other_texts() -> list[str]:
    """Plain texts of as many languages as spaCy and Babel know: sentences, small words, names of places and days."""
    chance, found = random.Random(7), list[str]()  # noqa: S311  (no secret)
    for module in pkgutil.iter_modules(spacy.lang.__path__):
        for part, attribute, together in (("examples", "sentences", 1), ("stop_words", "STOP_WORDS", 6)):
            try:
                words = sorted(getattr(importlib.import_module(f"spacy.lang.{module.name}.{part}"), attribute))
            except ImportError:
                continue
            found += _strung(words, together, " ", chance)
    for code in sorted(localedata.locale_identifiers()):
        if "_" not in code:
            locale = Locale.parse(code)
            dates = (locale.days["format"]["wide"], locale.months["format"]["wide"])
            names = [name for group in (locale.languages, locale.territories, *dates) for name in group.values()]
            # Half of the languages write many names as English does.
            found += _strung([n for n in names if not n.isascii() or chance.random() < 0.3], 3, ", ", chance)
    return list(dict.fromkeys(found))


def _strung(words: list[str], together: int, by: str, chance: random.Random) -> list[str]:
    """At most forty texts of so many words each, by chance."""
    chance.shuffle(words)
    return [by.join(words[at : at + together]) for at in range(0, min(len(words), 40 * together), together)]


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
