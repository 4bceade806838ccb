"""What the page says about privacy and what `docs/promises.md` proves are the same."""

import ast
import re
from pathlib import Path

from bot import paths
from bot.catalogs import template

PAGE = (paths.ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][1:]

ABOUT_PRIVACY = re.compile(
    r"\b(?:we|I) (?:do not )?keep|keep nothing|forgotten there|\bhistory\b|know who you are|took out|leave them out"
)
"""How a sentence that promises, or limits a promise, is known."""


def test_every_privacy_sentence_stands_in_the_promises() -> None:
    """A new one needs a proof, or the words that it is a limit."""
    said = {str(message.id) for message in template() if message.id and ABOUT_PRIVACY.search(str(message.id))}
    assert said - {sentence.strip() for sentence, _ in ROWS} == set()


def test_every_promise_is_said_on_the_page() -> None:
    """A sentence that changed on the page changes here."""
    said = {str(message.id) for message in template() if message.id}
    assert {sentence.strip() for sentence, _ in ROWS} - said == set()


def test_every_proof_exists() -> None:
    """Each test that is named stands in the file that is named."""
    for sentence, proof in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof)
        assert named or "limit" in proof or "advice" in proof, sentence
        for file, test in named:
            tree = ast.parse(Path(paths.ROOT / file).read_text(encoding="utf-8"))
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            assert test in {node.name for node in ast.walk(tree) if isinstance(node, functions)}, (file, test)
