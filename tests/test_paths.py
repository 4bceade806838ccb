"""Reading YAML: fast, and as ruamel reads it."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML, __with_libyaml__

from bot import paths

FILES = sorted(
    path
    for folder in (paths.DATA, paths.LOCALES, paths.ROOT / "tests")
    for path in folder.rglob("*.yml")
    if path.stat().st_size
)


def test_libyaml_is_there() -> None:
    """Without it all is read as well, ten times slower."""
    assert __with_libyaml__


@pytest.mark.parametrize("path", FILES, ids=paths.shown)
def test_every_file_reads_as_ruamel_alone_reads_it(path: Path) -> None:
    """The same keys in the same order, the same values of the same types."""
    text = path.read_text(encoding="utf-8")
    assert repr(paths._loaded(text)) == repr(YAML(typ="safe", pure=True).load(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", "no"),
        ("a: 0o14", 12),
        ("a: 12:30", "12:30"),
        ("a: [https://example.org/x]", ["https://example.org/x"]),
        ("a: {b:c}", {"b:c": None}),
    ],
)
def test_it_is_yaml_1_2(tmp_path: Path, text: str, value: Any) -> None:
    """A country code stays a word, and an address in brackets needs no quotes."""
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    assert paths.read_mapping(tmp_path / "x.yml") == ({"a": value}, [])


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 'found duplicate key "a"'),
        ("a: 1\nb: [2\nc: 3\n", 3, "expected ',' or ']'"),
        ("a: b: c\n", 1, "mapping values are not allowed here"),
    ],
)
def test_a_fault_names_its_line(tmp_path: Path, text: str, line: int, fault: str) -> None:
    """In ruamel's words, whichever reader found it."""
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    loaded, [problem] = paths.read_mapping(tmp_path / "x.yml")
    assert loaded == {}
    assert problem.path.endswith(f"x.yml:{line}")
    assert problem.fault.startswith(fault)
