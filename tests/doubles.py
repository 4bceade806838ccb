"""Engines that fail, or do as the text says, and what the fixtures return."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.engine import Answer, Engine, Turn
from bot.errors import EngineUnavailableError

Connect = Callable[[Engine], Any]
"""Opens a client on a server with a given engine."""


class BrokenEngine:
    """An engine that fails as engines do: with an error that holds what was typed."""

    ready = False

    async def turn(self, turn: Turn) -> Answer:
        raise RuntimeError(f"could not parse {turn.text!r}")


class AbsentEngine:
    """An engine that is still being loaded."""

    ready = False

    async def turn(self, turn: Turn) -> Answer:
        raise EngineUnavailableError("The model is being loaded.")


class ObedientEngine:
    """An engine for a worker: does what the text says, and answers with its process; its model is a folder."""

    ready = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def turn(self, turn: Turn) -> Answer:
        text = turn.text or ""
        mine = self.folder / f"begun-{os.getpid()}"
        if "begin" in text:
            mine.touch()
        if "print" in text:
            print(text, flush=True)
            print(text, file=sys.stderr, flush=True)
            logging.getLogger("rasa").critical(text)
        if "fail" in text:
            raise RuntimeError(text)
        if "die" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "say nothing of use" in text:
            return object()  # type: ignore[return-value]
        while "wait" in text and not (self.folder / "go").exists():
            time.sleep(0.01)
        return Answer((), (), str(os.getpid()), False, True, turn.locale)
