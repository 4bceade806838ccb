"""Takes the voice of the libraries, in every process that sees what was typed."""

import logging
import os
import warnings
from typing import Any

import structlog


def silence() -> None:
    """Takes Rasa's voice and others': unconfigured, it prints what was typed. Must run before Rasa is imported."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # A filter would not do: libraries set their own when they are imported.
    warnings.showwarning = _nothing
    structlog.configure(
        processors=[_drop],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=True,
    )
    for name in ("rasa", "rasa_sdk", "asyncio", "presidio-analyzer", "matplotlib", "tensorflow"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False


def _drop(logger: Any, method: str, event: Any) -> Any:
    raise structlog.DropEvent


def _nothing(*said: Any, **more: Any) -> None:
    """Shows no warning."""
