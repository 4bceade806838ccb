"""Who may import whom: house.md §4."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.paths import ROOT

ROWS = {
    "bot.cli": 9,
    "bot.encoder.course": 8,
    "bot.encoder.lessons": 4,
    "bot.encoder.teach": 5,
    "bot.encoder": 3,
    "bot.benchmark": 6,
    "bot.gateway": 6,
    "bot.checks": 6,
    "bot.catalogs": 5,
    "bot.review": 6,
    "bot.evaluation": 6,
    "bot.ablation": 7,
    "bot.versus": 7,
    "bot.others": 6,
    "bot.workers": 5,
    "bot.embedded": 5,
    "bot.nursery": 4,
    "bot.memory": 4,
    "bot.nlu": 4,
    "actions": 4,
    "bot.text": 3,
    "bot.content": 3,
    "bot.i18n": 2,
    "bot.engine": 1,
    "bot.slim": 1,
    "bot.errors": 1,
    "bot.silence": 1,
    "bot.paths": 1,
}
MAY_IMPORT_RASA = {"bot.nlu", "bot.memory", "bot.embedded"}
FILES = [path for folder in ("bot", "actions") for path in sorted((ROOT / folder).rglob("*.py"))]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def row_of(module: str) -> str | None:
    return next((name for name in ROWS if module == name or module.startswith(f"{name}.")), None)


def imports_at_the_top(path: Path) -> Iterator[str]:
    """The imports that run when a module is imported; those inside functions are asked for on purpose."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_imports_from_lower_rows_only(path: Path) -> None:
    """No module imports from its own row's neighbours or from above."""
    here = row_of(module_of(path))
    if here is None:
        return
    for imported in imports_at_the_top(path):
        there = row_of(imported)
        if there and there != here:
            assert ROWS[there] < ROWS[here] or {here, there} <= {"bot.engine", "bot.errors", "bot.paths"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_rasa_is_imported_only_where_it_must_be(path: Path) -> None:
    """Importing Rasa costs 12 seconds, so only four places do."""
    if row_of(module_of(path)) not in MAY_IMPORT_RASA:
        assert not any(name.split(".")[0] == "rasa" for name in imports_at_the_top(path))


def test_nothing_imports_the_command_line() -> None:
    """The command line is the top."""
    importers = {module_of(p) for p in FILES if any(n.startswith("bot.cli") for n in imports_at_the_top(p))}
    assert importers <= {"bot.__main__"}
