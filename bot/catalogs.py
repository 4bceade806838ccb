"""The catalogs: derived from the English words, without fuzzy guesses."""

from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from bot import paths
from bot.i18n import read_catalog, read_languages

METHODS: list[tuple[str, str]] = [
    ("data/topics/**.yml", "bot.content.extraction:topics"),
    ("data/organisations.yml", "bot.content.extraction:organisations"),
    ("bot/**.py", "python"),
]
KEYWORDS: dict[str, Any] = {"N_": None, "pgettext": ((1, "c"), 2)}
WIDTH = 110


def template() -> Catalog:
    """The catalog of every English message, as the files are now."""
    catalog = Catalog(project="amaan", charset="utf-8", fuzzy=False)
    found = extract_from_dir(paths.ROOT, METHODS, keywords=KEYWORDS, directory_filter=_is_ours)
    for _file, _line, message, comments, context in sorted(found, key=lambda entry: (entry[0], entry[1])):
        catalog.add(message, auto_comments=comments, context=context)
    return catalog


def _is_ours(folder: str) -> bool:
    name = Path(folder).name
    return not name.startswith(".") and name not in ("tests", "models", "docs", "shared")


def update() -> list[str]:
    """Writes the template and updates every catalog; returns a line for each file."""
    new = template()
    lines = [_write(paths.TEMPLATE, new)]
    for language in read_languages().values():
        if language.status == "source":
            continue
        path = paths.catalog_path(language.locale)
        catalog, _ = read_catalog(path)
        catalog.locale = language.babel
        catalog.update(new, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        done = sum(1 for message in catalog if message.id and message.string)
        lines.append(f"{_write(path, catalog)}: {done} of {len(catalog)} translated")
    return lines


def _write(path: Path, catalog: Catalog) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=WIDTH, omit_header=False, no_location=True)
    # The dates in the header would change with every run.
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date'))]
    path.write_text("".join(kept), encoding="utf-8")
    return paths.shown(path)
