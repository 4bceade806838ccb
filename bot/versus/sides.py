"""The two sides: a folder laid out for each, how it is trained and served, and how it is asked."""

import hashlib
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import paths
from bot.content.replies import Reply
from bot.engine import Turn
from bot.i18n import tag_of
from bot.versus.environment import stock_config, write_yaml
from bot.versus.examples import Examples, count, draw, write
from bot.versus.load import Door
from bot.versus.processes import Command

OURS = ("bot", "actions", "data", "locales", "config.yml", "domain.yml", "endpoints.yml")
"""All that our program is made of when it runs."""

QUIET: Mapping[str, str | None] = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    "SANIC_HOST": "127.0.0.1",
    # Neither side finds the other's modules.
    "PYTHONPATH": None,
}


@dataclass(frozen=True)
class Side:
    """One of those compared.

    Args:
        name: As the table calls it.
        examples: How many it is trained on.
        training: Trains it; None where a model is there already.
        servers: What must run for it to answer.
        door: How it is asked.
        kept: Where what it is trained to is kept for another run; None where nothing is.
    """

    name: str
    examples: int
    training: Command | None
    servers: tuple[Command, ...]
    door: Door
    kept: "Kept | None" = None


@dataclass(frozen=True)
class Kept:
    """A trained model and how long it took, for the next run: stock Rasa trains for most of an hour."""

    models: Path
    folder: Path

    def keep(self, seconds: float) -> None:
        """Keeps the model just trained."""
        shutil.copytree(self.models, self.folder, dirs_exist_ok=True)
        (self.folder / "seconds").write_text(f"{seconds:.1f}", encoding="utf-8")

    def bring(self) -> None:
        """Lays the kept model where its server looks."""
        shutil.copytree(self.folder, self.models)

    def seconds(self) -> float | None:
        """How long the kept one took; None where none is kept."""
        noted = self.folder / "seconds"
        return float(noted.read_text(encoding="utf-8")) if noted.exists() else None


def stock(folder: Path, environment: Path, examples: Examples, *, epochs: int | None = None) -> Side:
    """Stock Rasa: a project as `rasa init` makes it, with our domain, rules and examples; our actions beside it."""
    write(examples, folder / "data" / "nlu")
    shutil.copy(paths.RULES, folder / "data")
    shutil.copy(paths.DOMAIN, folder)
    web, actions = free_port(), free_port()
    write_yaml(folder / "config.yml", stock_config(environment, epochs=epochs))
    kept = Kept(folder / "models", environment / "trained" / _digest(folder))
    if kept.seconds() is not None:
        kept.bring()
    write_yaml(folder / "credentials.yml", {"rest": None})
    write_yaml(folder / "endpoints.yml", {"action_endpoint": {"url": f"http://127.0.0.1:{actions}/webhook"}})
    rasa = str(environment / "bin" / "rasa")
    serving = (rasa, "run", "--enable-api", "--interface", "127.0.0.1", "--port", str(web))
    # What `rasa run actions` runs, without importing the rest of Rasa first; our words need Python 3.11.
    acting = (sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(actions))
    return Side(
        name="stock Rasa",
        examples=count(examples),
        training=Command((rasa, "train"), folder, QUIET) if kept.seconds() is None else None,
        servers=(Command(acting, paths.ROOT, QUIET), Command(serving, folder, QUIET)),
        door=Door(f"http://127.0.0.1:{web}/webhooks/rest/webhook", _stock_body, _stock_said),
        kept=kept,
    )


def _digest(folder: Path) -> str:
    """Tells apart all that a model is trained from."""
    told = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        told.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return told.hexdigest()[:12]


def ours(folder: Path, examples: Examples | None, *, name: str, keep: bool = False) -> Side:
    """Ours: a copy of the program, trained from nothing.

    Args:
        folder: Where the copy goes.
        examples: What it is trained on; None for all.
        name: As the table calls it.
        keep: Brings the trained model along instead of training.
    """
    for part in OURS:
        source = paths.ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    (folder / "models").mkdir()
    shutil.copytree(paths.encoder_path(), folder / "models" / paths.encoder_path().name)
    if examples is not None:
        shutil.rmtree(folder / "data" / "nlu")
        write(examples, folder / "data" / "nlu")
    if keep:
        # Without the detector the start would be one that learns which language is which.
        for path in (paths.model_path(), paths.detector_path()):
            shutil.copy(path, folder / "models")
    port = free_port()
    program = (sys.executable, "-m", "bot")
    return Side(
        name=name,
        examples=count(draw(1) if examples is None else examples),
        training=None if keep else Command((*program, "train"), folder, QUIET),
        servers=(Command((*program, "serve", "--port", str(port)), folder, QUIET),),
        door=Door(f"http://127.0.0.1:{port}/api/turn", _our_body, _our_said),
    )


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _stock_body(turn: Turn, talk: str) -> dict[str, Any]:
    message = turn.text if turn.text is not None else f"/{turn.choice}"
    return {"sender": talk, "message": message, "metadata": turn.metadata()}


def _stock_said(answer: Any) -> list[dict[str, Any]]:
    return [message["custom"]["reply"] for message in answer if "custom" in message]


def _our_body(turn: Turn, talk: str) -> dict[str, Any]:
    return {"text": turn.text, "choice": turn.choice, "locale": tag_of(turn.locale), "nation": None, "topic": None}


def _our_said(answer: Any) -> list[dict[str, Any]]:
    return list(answer["replies"])


def words_of(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reply as our wire has it, whichever side said it."""
    wire = Reply.from_event(reply).on_the_wire() if "locale" in reply else dict(reply)
    # Whether a line is open may change between two questions.
    return {**wire, "organisations": [{**card, "open": None} for card in wire["organisations"]]}
