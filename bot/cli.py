"""`python -m bot`: one function reads the arguments, others do the work."""

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot import paths
from bot.content.topics import NATIONS
from bot.errors import BotError, ContentError
from bot.i18n import locale_of

if TYPE_CHECKING:
    from bot.content.replies import Content
    from bot.engine import Engine

PORT = 8080
MOST_WORKERS = 256
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; a fault of ours is said in one line, without a traceback."""
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        sys.exit(command(parsed))
    except ContentError as error:
        print(error, file=sys.stderr)
        sys.exit(f"{len(error.problems)} faults: mend them and try again.")
    except BotError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Amaan")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serving = commands.add_parser("serve", help="serve the chat; trains first if data or config changed")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serving.add_argument("--port", type=int, default=PORT, help="port to listen on (%(default)s)")
    serving.add_argument(
        "--embed-on", action="append", default=[], metavar="ORIGIN", help="a site that may show the chat in a frame"
    )
    serving.add_argument("--workers", metavar="N", help="processes that answer; as many as there are cores")
    serving.add_argument("--demo", action="store_true", help="also /demo: a page of others with the chat on it")
    serving.set_defaults(command=serve)

    training = commands.add_parser("train", help="train the model, with progress")
    training.add_argument("--if-needed", action="store_true", help="only where data or config changed")
    training.set_defaults(command=train)

    checking = commands.add_parser("check", help="check every file that is changed without Python")
    checking.add_argument("--language", metavar="TAG", help="only what concerns one language")
    checking.add_argument("--scores", action="store_true", help="also print how hard each answer reads")
    checking.set_defaults(command=check)

    asking = commands.add_parser("ask", help="answer one question in the terminal")
    asking.add_argument("text")
    asking.add_argument("--locale", default="en", help="her language (%(default)s)")
    asking.add_argument("--nation", choices=NATIONS)
    asking.set_defaults(command=ask)

    scripting = commands.add_parser("script", help="the helpline's script: English and the caller's language")
    scripting.add_argument("text", nargs="?", help="what the caller said; without it every topic")
    scripting.add_argument("--locale", default="ur", help="the caller's language (%(default)s)")
    scripting.add_argument("--nation", choices=NATIONS)
    scripting.add_argument("--pdf", type=Path, metavar="FILE", help="write the whole script on paper instead")
    scripting.set_defaults(command=script)

    evaluating = commands.add_parser("evaluate", help="measure how well it understands questions it never saw")
    evaluating.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="tests/questions/*.yml, or JSON Lines"
    )
    evaluating.add_argument("--json", action="store_true", help="print the scores for machines")
    evaluating.add_argument("--report", type=Path, metavar="DIR", help="also write a page with table and picture")
    evaluating.add_argument("--benchmark", choices=["clinc150", "injongo"], help="our pipeline on others' data")
    evaluating.add_argument("--ablate", action="store_true", help="what each part of the pipeline gives; ten minutes")
    evaluating.add_argument("--write", type=Path, metavar="FILE", help="also put the table into this page")
    evaluating.set_defaults(command=evaluate)

    measuring = commands.add_parser("benchmark", help="measure a turn, the start, training and memory")
    measuring.add_argument("--against", choices=["rasa"], help="stock Rasa beside ours; an hour the first time")
    measuring.add_argument(
        "--share", type=int, metavar="N", help="with --against: train on one example in N, 1 for all"
    )
    measuring.add_argument(
        "--quick", action="store_true", help="with --against: try the comparison itself, no figures"
    )
    measuring.set_defaults(command=benchmark)

    encoding = commands.add_parser("encoder", help="build the sentence encoder, or teach it our questions")
    works = encoding.add_subparsers(required=True, metavar="WORK")
    building = works.add_parser("build", help="build it, where it is not there or its sources have changed")
    building.add_argument("--again", action="store_true", help="build it in any case")
    building.set_defaults(command=build_encoder)
    teaching = works.add_parser("teach", help="teach it data/nlu and write data/encoder; three hours; needs PyTorch")
    teaching.set_defaults(command=teach_encoder)

    collecting = commands.add_parser("catalogs", help="bring the catalogs in step with the English words")
    collecting.set_defaults(command=catalogs)

    reviewing = commands.add_parser("review", help="write every answer on one printable page, for a lawyer")
    reviewing.add_argument("--file", type=Path, default=Path("review.html"), help="where to write (%(default)s)")
    reviewing.set_defaults(command=review)

    signing = commands.add_parser("sign", help="record that a qualified person stands behind an answer")
    signing.add_argument("topic", help="the name of the answer, as in data/topics")
    signing.add_argument("--by", required=True, help="who signs")
    signing.add_argument("--role", required=True, help="what makes them qualified, such as solicitor")
    signing.set_defaults(command=sign)
    return parser


def serve(parsed: argparse.Namespace) -> int:
    """Serves the chat until it is stopped."""
    from bot.content.replies import Content
    from bot.gateway.app import make_app
    from bot.gateway.bounds import Bounds
    from bot.gateway.serving import run
    from bot.workers import EnginePool

    for origin in parsed.embed_on:
        if not ORIGIN.fullmatch(origin):
            raise BotError("--embed-on: not the address of a site; it should look like https://charity.example")
    workers = _workers(parsed.workers)
    content, model = Content.read(), _trained()
    print(
        f"Open http://{parsed.host}:{parsed.port}/ (the answers are ready in some seconds; Ctrl+C stops)",
        flush=True,
    )
    pool = EnginePool("bot.embedded:RasaEngine.load", model, workers)
    pool.open()
    try:
        within = Bounds.for_workers(workers)
        app = make_app(pool, content, embed_on=parsed.embed_on, within=within, demo=parsed.demo)
        run(app, parsed.host, parsed.port)
    finally:
        pool.close()
    return 0


def _workers(written: str | None) -> int:
    """How many processes answer: as written, or one for each core that we may use."""
    if written is None:
        return len(os.sched_getaffinity(0))
    if not re.fullmatch("[0-9]{1,3}", written) or not 1 <= int(written) <= MOST_WORKERS:
        raise BotError(f"--workers: not a number of processes; it should be from 1 to {MOST_WORKERS}")
    return int(written)


def train(parsed: argparse.Namespace) -> int:
    """Trains on the data as it is now."""
    if parsed.if_needed:
        print(f"Trained: {paths.shown(_trained())}")
        return 0
    print("Training on data/nlu: about ten minutes on two cores, later about three.", file=sys.stderr)
    from bot.embedded import train as train_model
    from bot.gateway.detector import language_detector

    _built()
    language_detector()
    print(f"Trained: {paths.shown(train_model())}")
    return 0


def check(parsed: argparse.Namespace) -> int:
    """Prints every fault, one a line."""
    from bot.checks import check as find_problems
    from bot.encoder.adapters import find_stale

    problems = find_problems(locale_of(parsed.language) if parsed.language else None)
    for problem in problems:
        print(problem)
    for warning in find_stale():
        print(f"warning: {warning}", file=sys.stderr)
    if parsed.scores:
        from bot.checks import reading_grades

        for name, grade in reading_grades():
            print(f"{grade:5.1f}  {name}")
    print(f"{len(problems)} faults." if problems else "No faults.", file=sys.stderr)
    return 1 if problems else 0


def ask(parsed: argparse.Namespace) -> int:
    """Prints the answer to one question."""
    from bot.content.replies import Content
    from bot.engine import Turn

    content = Content.read()
    locale = _known(parsed.locale, content)
    answer = asyncio.run(_engine(parsed).turn(Turn(parsed.text, None, locale, parsed.nation)))
    if answer.danger:
        print("☎ 999\n")
    print("\n\n".join(reply.as_text() for reply in answer.replies))
    for choice in answer.choices:
        print(f"  → {content.title(choice, answer.locale).text}")
    return 0


def script(parsed: argparse.Namespace) -> int:
    """Prints the script in two columns, or writes it as a PDF."""
    from bot.content.replies import Content
    from bot.gateway import script as helpline

    content = Content.read()
    locale = _known(parsed.locale, content)
    if parsed.pdf:
        helpline.write_pdf(content, parsed.pdf, locale=locale, nation=parsed.nation)
        print(f"Written: {parsed.pdf}", file=sys.stderr)
        return 0
    parts = helpline.script(content, locale=locale, nation=parsed.nation)
    if parsed.text:
        from bot.engine import Turn
        from bot.text.redaction import redact

        heard = redact(parsed.text, locale=locale).text
        answer = asyncio.run(_engine(parsed).turn(Turn(heard, None, locale, parsed.nation)))
        topics = [reply.topic for reply in answer.replies] if answer.answered else list(answer.choices)
        if answer.danger:
            print("☎ 999\n")
            topics = list(dict.fromkeys(["immediate_danger", *topics]))
        by_name = {part.reply.topic: part for part in parts}
        parts = [by_name[name] for name in topics if name in by_name]
    width = shutil.get_terminal_size().columns
    print("\n\n".join("\n".join(helpline.in_columns(part, width)) for part in parts))
    return 0


def _engine(parsed: argparse.Namespace) -> "Engine":
    """The engine; trains first where data or config changed."""
    from bot.embedded import RasaEngine

    return RasaEngine.load(_trained())


def _trained() -> Path:
    """The model; trained first where data or config changed, in a process that takes its memory with it."""
    path = paths.model_path()
    if not path.exists() and subprocess.run([sys.executable, "-m", "bot", "train"], cwd=paths.ROOT).returncode:
        raise BotError("There is no model, and training one failed.")
    return path


def _known(tag: str, content: "Content") -> str:
    locale = locale_of(tag)
    if locale not in content.languages:
        known = ", ".join(language.tag for language in content.languages.values())
        raise BotError(f"--locale: no such language; one of {known}")
    return locale


def evaluate(parsed: argparse.Namespace) -> int:
    """Prints the scores by language, or those on others' data."""
    if parsed.benchmark:
        from bot.others import run

        for line in run(parsed.benchmark):
            print(line, flush=True)
        return 0
    from bot import evaluation
    from bot.content.replies import Content

    content = Content.read()
    if parsed.files:
        questions = [q for path in parsed.files for q in evaluation.read_questions(path, content.intents)]
    else:
        questions = evaluation.read_folder(paths.QUESTIONS, content.intents)
    if not questions:
        raise BotError("evaluate: no question in these files")
    if parsed.ablate:
        from bot.ablation import ablate

        forum = evaluation.read_questions(paths.QUESTIONS / "forum.jsonl", content.intents)
        for line in ablate(questions, forum):
            print(line, flush=True)
        return 0
    outcomes = asyncio.run(evaluation.ask_all(_trained(), questions, _workers(None)))
    scores = evaluation.by_language(outcomes)
    print(evaluation.as_json(scores) if parsed.json else "\n".join(evaluation.table(scores)))
    if parsed.write:
        evaluation.write_table(scores, parsed.write, today=date.today().isoformat())
    if parsed.report:
        page = evaluation.write_report(outcomes, parsed.report, today=date.today().isoformat())
        print(f"Open {page} in a browser.", file=sys.stderr)
    return 0


def benchmark(parsed: argparse.Namespace) -> int:
    """Prints what was measured."""
    if parsed.against:
        from bot.versus.compare import against

        lines = against(parsed.share, quick=parsed.quick, say=partial(print, file=sys.stderr, flush=True))
    else:
        from bot.benchmark import measure

        lines = measure()
    for line in lines:
        print(line, flush=True)
    return 0


def build_encoder(parsed: argparse.Namespace) -> int:
    """Builds the sentence encoder, where it is not there."""
    path = _built(again=parsed.again)
    print(f"Encoder: {paths.shown(path)}", file=sys.stderr)
    return 0


def _built(*, again: bool = False) -> Path:
    """The sentence encoder; built first where it is not there, and those of older code swept away."""
    path = paths.encoder_path()
    if again or not path.exists():
        from bot.encoder.build import build

        build()
        for old in set(paths.MODELS.glob("encoder-*")) - {path}:
            shutil.rmtree(old)
    return path


def teach_encoder(parsed: argparse.Namespace) -> int:
    """Teaches the encoder and prints what it gave."""
    from bot.content.examples import examples_by_intent
    from bot.content.replies import Content
    from bot.evaluation import read_folder

    try:
        from bot.encoder.course import course
        from bot.encoder.lessons import Lesson
    except ModuleNotFoundError as error:
        raise BotError(f"{error.name} is not installed here: `make teach` brings it and teaches.") from None
    intents = Content.read().intents
    own, others = (read_folder(folder, intents) for folder in (paths.QUESTIONS, paths.OTHER_QUESTIONS))
    for line in course(Lesson(), examples_by_intent(), own, others):
        print(line, flush=True)
    return 0


def catalogs(parsed: argparse.Namespace) -> int:
    """Writes the template and brings every catalog in step with it."""
    from bot.catalogs import update

    for line in update():
        print(line)
    return 0


def review(parsed: argparse.Namespace) -> int:
    """Writes the page a lawyer reads."""
    from bot.content.replies import Content
    from bot.review import write_review

    content = Content.read()
    count = write_review(content, parsed.file, content.clock().date())
    print(f"{parsed.file}: {count} answers. Open it in a browser and print it.")
    return 0


def sign(parsed: argparse.Namespace) -> int:
    """Writes a signature into a topic."""
    from bot.content.topics import sign as write_signature

    write_signature(parsed.topic, by=parsed.by, role=parsed.role, today=date.today())
    print(f"data/topics/{parsed.topic}.yml is signed. A change of its words or facts voids the signature.")
    return 0
