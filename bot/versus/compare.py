"""The comparison: both sides trained, started, asked the same, and the table of what came of it."""

import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from bot import paths
from bot.content.replies import Content
from bot.engine import Turn
from bot.errors import BotError
from bot.evaluation import Question, as_turn
from bot.versus import examples, load, sides
from bot.versus.environment import ENVIRONMENT, stock_environment
from bot.versus.load import press
from bot.versus.processes import Memory, Running, end_when_told, run, running
from bot.versus.sides import Side
from bot.versus.table import LEVELS, Figures, table

Say = Callable[[str], None]

SHARE = 24
"""One example in so many."""

START_LIMIT = 600.0
"""Seconds after which a server that has not answered is given up."""


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Args:
        share: One example in so many is trained on.
        least: Examples an intent and form keeps, at the least.
        forms: Languages and written forms trained on; None for all.
        epochs: None for Rasa's own 100.
        rounds: How often each level is pressed, the sides in turn.
        seconds: How long each time.
        sampled: How many questions are asked of all, to compare the answers.
        hurried: Whether this is only a trial of the benchmark.
    """

    share: int = SHARE
    least: int = examples.LEAST
    forms: tuple[str, ...] | None = None
    epochs: int | None = None
    rounds: int = 3
    seconds: float = 15.0
    sampled: int = 200
    hurried: bool = False


def hurried(share: int) -> Plan:
    """A hurried trial of the benchmark itself; its figures mean nothing."""
    return Plan(share=share, least=1, forms=("en", "ur"), epochs=1, rounds=1, seconds=4.0, sampled=40, hurried=True)


def against(share: int | None, *, quick: bool, say: Say) -> Iterator[str]:
    """The comparison as it is asked for at the command line.

    Raises:
        BotError: The share is no share, or a side cannot be set up, trained or started.
    """
    share = SHARE if share is None else share
    if share < 1:
        raise BotError("--share: a whole number from 1")
    if not paths.encoder_path().exists():
        raise BotError("benchmark: the encoder is not built; run `make setup`, which builds it")
    end_when_told()
    yield from compare(hurried(share) if quick else Plan(share=share), say)


def compare(plan: Plan, say: Say) -> Iterator[str]:
    """Yields the tables, line by line; tells its progress through `say`."""
    if plan.hurried:
        yield "**A hurried trial (`--quick`): two languages, one epoch, short. No figure here means anything.**"
        yield ""
    busy = os.getloadavg()[0]
    say("setting up stock Rasa (the first time some minutes)")
    environment = stock_environment()
    content = Content.read()
    questions = examples.held_out(content.intents)
    turns = [as_turn(question, content.languages) for question in questions]
    with tempfile.TemporaryDirectory() as temporary:
        measured = [Figures(side) for side in _sides(Path(temporary), plan)]
        for figures in measured:
            _alone(figures, Path(temporary), turns, plan, say)
        with ExitStack() as stack:
            servers = []
            for figures in measured:
                say(f"starting again: {figures.side.name}")
                servers.append(stack.enter_context(running(figures.side.servers, Path(temporary) / "log")))
                _until_answered(figures.side, servers[-1], turns[0])
            answers = list(_answers(measured, content.intents, questions[: plan.sampled], turns, say))
            _rounds(measured, turns, plan, say)
            for figures, started in zip(measured, servers, strict=True):
                _see_alive(figures.side, started)
    yield from _conditions(environment, busy, plan)
    yield from table(measured)
    yield from answers


def _sides(folder: Path, plan: Plan) -> Iterator[Side]:
    drawn = examples.draw(plan.share, least=plan.least)
    part = {form: drawn[form] for form in plan.forms or drawn}
    places = [folder / name for name in ("stock", "part", "whole")]
    for place in places:
        place.mkdir()
    yield sides.stock(places[0], ENVIRONMENT, part, epochs=plan.epochs)
    yield sides.ours(places[1], part, name="ours, the same examples")
    # Ours with all examples is trained by `benchmark` alone; here it is asked.
    trained = paths.model_path().exists() and paths.detector_path().exists()
    if trained or not plan.hurried:
        yield sides.ours(places[2], None, name="ours, all examples", keep=trained)


def _alone(figures: Figures, folder: Path, turns: Sequence[Turn], plan: Plan, say: Say) -> None:
    """Training, start and memory, with no other side running: two copies of ours would share each other's pages."""
    side, log = figures.side, folder / "log"
    if side.training:
        say(f"training on {side.examples:,} examples: {side.name}")
        figures.training = run(side.training, log)
        say(f"trained in {figures.training:.0f} s: {side.name}")
        if side.kept:
            side.kept.keep(figures.training)
    elif side.kept:
        figures.training = side.kept.seconds()
    say(f"starting: {side.name}")
    began = time.perf_counter()
    with running(side.servers, log) as started:
        _until_answered(side, started, turns[0])
        figures.start = time.perf_counter() - began
        figures.memory = asyncio.run(_memory_under_load(side, started, turns, plan.seconds))


def _until_answered(side: Side, started: Running, turn: Turn) -> None:
    async def poll() -> None:
        async with load.session() as client:
            until = time.monotonic() + START_LIMIT
            while not (await load.ask(client, side.door, turn, "first")).said:
                _see_alive(side, started)
                if time.monotonic() > until:
                    raise BotError(f"benchmark: {side.name} did not answer; its log:\n{started.last_lines()}")
                await asyncio.sleep(0.05)

    asyncio.run(poll())


def _see_alive(side: Side, started: Running) -> None:
    """Turns that fail because somebody ended the server are no figures."""
    if (ended := started.ended()) is not None:
        raise BotError(f"benchmark: {side.name} ended with status {ended}; its log:\n{started.last_lines()}")


async def _memory_under_load(side: Side, started: Running, turns: Sequence[Turn], seconds: float) -> Memory:
    """The most of three looks, spread over a time with eight at once."""
    pressing = asyncio.create_task(press(side.door, turns, at_once=8, seconds=seconds))
    looks = []
    for _ in range(3):
        await asyncio.sleep(seconds / 4)
        looks.append(await asyncio.to_thread(started.memory))
    await pressing
    return max(looks, key=lambda look: look.share)


def _rounds(measured: Sequence[Figures], turns: Sequence[Turn], plan: Plan, say: Say) -> None:
    """Every level, the sides one after the other and again, so that a slow minute hits all; a first to warm up."""
    for number in range(plan.rounds + 1):
        for level in LEVELS:
            for figures in measured:
                seconds = plan.seconds if number else 3.0
                done = asyncio.run(press(figures.side.door, turns, at_once=level, seconds=seconds))
                say(f"{'round ' + str(number) if number else 'warming'}, {level} at once: {figures.side.name}")
                if number:
                    figures.loads[level].add(done)


def _answers(
    measured: Sequence[Figures],
    intents: Sequence[str],
    questions: Sequence[Question],
    turns: Sequence[Turn],
    say: Say,
) -> Iterator[str]:
    """Whether all say the same: to a tapped topic word for word, to a question by its topic."""
    say("comparing the answers")
    yield ""
    taps = [Turn(None, intent, locale) for intent in intents for locale in ("en", "ur")]
    tapped = [asyncio.run(_said(figures.side, taps)) for figures in measured]
    same = sum(len({json.dumps(words, sort_keys=True) for words in each}) == 1 for each in zip(*tapped, strict=True))
    yield f"Tapped, in English and Urdu: {same} of {len(taps)} answers the same from all, word for word."
    first = measured[0].side.name
    heard = [[words["topic"] for words in asyncio.run(_said(f.side, turns[: len(questions)]))] for f in measured]
    for figures, topics in zip(measured, heard, strict=True):
        right = sum(topic in question.intents for topic, question in zip(topics, questions, strict=True))
        agreed = sum(topic == other for topic, other in zip(topics, heard[0], strict=True))
        line = f"Of {len(questions)} held-out questions, {figures.side.name}: {right} answered with the right topic"
        yield line + ("." if figures is measured[0] else f", {agreed} with the same topic as {first}.")


async def _said(side: Side, turns: Sequence[Turn]) -> list[dict[str, object]]:
    """What is said to each turn, each the first of its talk."""
    said: list[dict[str, object]] = []
    async with load.session() as client:
        for turn in turns:
            heard = await load.ask(client, side.door, turn, uuid4().hex)
            said.append(dict(sides.words_of(heard.said[-1])) if heard.said else {"topic": None})
    return said


def _conditions(environment: str, busy: float, plan: Plan) -> Iterator[str]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    cores = len(os.sched_getaffinity(0))
    yield f"{date.today().isoformat()}, {cores} cores of {model}; load of the machine before the start: {busy:.2f}."
    yield f"Stock: {environment}. Ours: Python {platform.python_version()}, `requirements.txt`."
    yield f"{plan.rounds} rounds of {plan.seconds:.0f} s a level, the sides in turn; one example in {plan.share}."
    yield ""
