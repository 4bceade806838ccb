"""Our pipeline on other people's data, beside the figures they published: `shared/benchmarks`."""

import asyncio
import csv
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from tqdm import tqdm

from bot import paths
from bot.embedded import DirectRunner
from bot.engine import FALLBACK_INTENT
from bot.errors import BotError

Row = tuple[str, str, str]
"""Split, intent, text."""

OUT_OF_SCOPE = "oos"
BENCHMARKS = ("clinc150", "injongo")
INJONGO_LANGUAGES = {"amh": "Amharic", "swa": "Swahili", "yor": "Yoruba"}

CLINC_PUBLISHED = (
    ("Rasa (2019), threshold", 90.9, 31.2),
    ("DialogFlow, threshold", 90.8, 26.7),
    ("MLP on USE, threshold", 93.4, 49.1),
    ("BERT, threshold", 96.2, 52.3),
)
"""In scope and out of scope, from Table 2 of Larson et al., EMNLP-IJCNLP 2019."""

INJONGO_PUBLISHED = "AfroXLMR-76L, fine-tuned 93.7 (mean of 16 languages); GPT-4o, zero-shot 70.6"
"""From Yu et al., ACL 2025."""


def run(name: str) -> Iterator[str]:
    """Trains and tests on one benchmark; yields a table in Markdown, line by line.

    Raises:
        BotError: The benchmark is not beside the checkout.
    """
    folder = Path(os.environ.get("AMAAN_BENCHMARKS", paths.ROOT.parent / "shared" / "benchmarks")) / name
    if not folder.is_dir():
        raise BotError(
            f"benchmark {name}: no such folder; put it in shared/benchmarks, or name another in AMAAN_BENCHMARKS"
        )
    yield from _clinc(folder) if name == "clinc150" else _injongo(folder)


def _clinc(folder: Path) -> Iterator[str]:
    rows = _read(folder / "data_full.tsv")
    guesses = _train_and_guess(rows, ("val", "oos_val", "test", "oos_test"))
    threshold = _threshold(guesses["val"], guesses["oos_val"])
    in_scope = _share(guess == right and sure >= threshold for right, guess, sure in guesses["test"])
    forced = _share(guess == right for right, guess, _ in guesses["test"])
    out = _share(sure < threshold for _, _, sure in guesses["oos_test"])
    yield "| CLINC150 | right, in scope | recall, out of scope |"
    yield "|---|---|---|"
    for system, inside, outside in CLINC_PUBLISHED:
        yield f"| {system} | {inside} | {outside} |"
    yield f"| **ours**, threshold {threshold:.3f}, chosen on the validation part | {in_scope:.1%} | {out:.1%} |"
    yield f"| ours, never asking back | {forced:.1%} | – |"


def _injongo(folder: Path) -> Iterator[str]:
    yield "| INJONGO | right |"
    yield "|---|---|"
    for code, language in INJONGO_LANGUAGES.items():
        guesses = _train_and_guess(_read(folder / f"{code}.tsv"), ("test",))["test"]
        yield f"| ours, {language} | {_share(guess == right for right, guess, _ in guesses):.1%} |"
    yield f"| published: {INJONGO_PUBLISHED} | |"


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["split"], row["intent"], row["text"]) for row in reader]


def _train_and_guess(rows: list[Row], splits: tuple[str, ...]) -> dict[str, list[tuple[str, str, float]]]:
    """Trains the pipeline of `config.yml` on the train split; (right, guess, probability) for the other splits."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data, config = folder / "nlu.yml", folder / "config.yml"
        _write_examples(data, [(intent, text) for split, intent, text in rows if split == "train"])
        _write_pipeline(config)
        model = train_nlu(str(config), str(data), str(folder / "models"))
        if model is None:
            raise BotError("benchmark: training failed; `rasa data validate` tells whether config.yml is whole")
        processor: Any = Agent.load(model).processor
        processor.graph_runner = DirectRunner(processor.graph_runner)
        return {split: _guess(processor, [row for row in rows if row[0] == split], split) for split in splits}


def _guess(processor: Any, rows: list[Row], split: str) -> list[tuple[str, str, float]]:
    from rasa.core.channels.channel import UserMessage

    async def guess_all() -> list[tuple[str, str, float]]:
        found = []
        for _, intent, text in tqdm(rows, desc=split, unit="question"):
            parsed: Mapping[str, Any] = await processor.parse_message(UserMessage(text))
            ranking = [entry for entry in parsed["intent_ranking"] if entry["name"] != FALLBACK_INTENT]
            found.append((intent, ranking[0]["name"], float(ranking[0]["confidence"])))
        return found

    return asyncio.run(guess_all())


def _write_examples(path: Path, examples: list[tuple[str, str]]) -> None:
    groups: dict[str, list[str]] = {}
    for intent, text in examples:
        groups.setdefault(intent, []).append(text)
    blocks = [
        {"intent": name, "examples": "".join(f"- {text}\n" for text in texts)} for name, texts in groups.items()
    ]
    with path.open("w", encoding="utf-8") as out:
        YAML(typ="safe", pure=True).dump({"version": "3.1", "nlu": blocks}, out)


def _write_pipeline(path: Path) -> None:
    """Our configuration without its policies: there is no talk to hold."""
    raw = YAML(typ="safe", pure=True).load(paths.CONFIG.read_text(encoding="utf-8"))
    kept = {key: raw[key] for key in ("recipe", "assistant_id", "language", "pipeline")}
    for component in kept["pipeline"]:
        component.pop("cache", None)
    with path.open("w", encoding="utf-8") as out:
        YAML(typ="safe", pure=True).dump(kept, out)


def _threshold(inside: list[tuple[str, str, float]], outside: list[tuple[str, str, float]]) -> float:
    """The probability below which a question counts as out of scope: most right on the validation part.

    A question of the validation part is right where it is in scope and well guessed, or out of it and refused.
    """
    candidates = np.linspace(0.02, 0.98, 97)
    rights = [
        sum(guess == right and sure >= limit for right, guess, sure in inside)
        + sum(sure < limit for _, _, sure in outside)
        for limit in candidates
    ]
    return float(candidates[int(np.argmax(rights))])


def _share(marks: Iterator[bool]) -> float:
    values = list(marks)
    return sum(values) / len(values)
