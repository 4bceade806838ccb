"""Engines that fail, and what the fixtures return."""

from collections.abc import Callable
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
