"""Stock Rasa in an environment of its own, with its own pins; made once and kept under `models/`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot import paths
from bot.errors import BotError

RASA = "3.6.21"
ENVIRONMENT = paths.MODELS / "stock-rasa"
VERSIONS = ("3.10", "3.9", "3.8")
"""The Pythons Rasa 3.6 declares, newest first."""


def stock_environment(folder: Path = ENVIRONMENT) -> str:
    """Makes the environment where it is not there yet.

    Returns:
        What it is, in words: Rasa's version and Python's.

    Raises:
        BotError: uv is missing, or Rasa could not be installed.
    """
    made = folder / ".made"
    if made.exists():
        return made.read_text(encoding="utf-8")
    python, version = next(_pythons())
    words = f"Rasa {RASA} with its own pins on Python {version}"
    if not version.startswith(VERSIONS):
        words += " (Rasa declares Python below 3.11, and none is on this machine; uv does not mind)"
    shutil.rmtree(folder, ignore_errors=True)
    _uv("venv", "--quiet", "--python", python, str(folder))
    _uv("pip", "install", "--quiet", "--python", str(folder), f"rasa=={RASA}")
    made.write_text(words, encoding="utf-8")
    return words


def _pythons() -> Iterator[tuple[str, str]]:
    """Interpreters that start, each with its version: those Rasa declares, then our own."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for wanted in VERSIONS:
        candidates = [str(path) for path in sorted(pyenv.glob(f"{wanted}.*/bin/python{wanted}"))]
        for python in filter(None, [*candidates, shutil.which(f"python{wanted}")]):
            # A shim of pyenv may stand for a Python that is switched off: it is found, and does not start.
            asked = [python, "-c", "import platform; print(platform.python_version())"]
            answer = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
            if answer.returncode == 0:
                yield python, answer.stdout.strip()
    yield sys.executable, sys.version.split()[0]


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv") or str(paths.ROOT / ".tools/bin/uv")
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    # Outside our folder: in it uv would read `[tool.uv]` of our pyproject.toml and override Rasa's pins.
    with tempfile.TemporaryDirectory() as outside:
        try:
            subprocess.run([uv, *arguments], cwd=outside, env=environment, check=True)  # noqa: S603
        except FileNotFoundError:
            raise BotError("benchmark: there is no uv; run `make setup`, which brings it") from None
        except subprocess.CalledProcessError:
            raise BotError(f"benchmark: uv could not set up Rasa {RASA}; what it says stands above") from None


def stock_config(environment: Path, *, epochs: int | None = None) -> dict[str, Any]:
    """The configuration the installed Rasa uses where a project names none.

    Args:
        environment: The folder Rasa is installed in.
        epochs: For a hurried trial: that many in place of Rasa's 100.
    """
    place = "lib/python3*/site-packages/rasa/engine/recipes/config_files/default_config.yml"
    (path,) = environment.glob(place)
    config, _ = paths.read_mapping(path)
    config["assistant_id"] = "stock"
    for component in [*config["pipeline"], *config["policies"]]:
        if epochs and "epochs" in component:
            component["epochs"] = epochs
    return config


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    """Writes a file Rasa reads."""
    with path.open("w", encoding="utf-8") as out:
        yaml = YAML(typ="safe", pure=True)
        # In one line, the reader of the older Rasa takes the colon of an address for another key.
        yaml.default_flow_style = False
        yaml.dump(content, out)
