"""Gives Babel the paragraphs of a topic and the words of an organisation, with context and comments."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from bot import paths
from bot.content.organisations import read_organisations
from bot.content.topics import Topic, read_topics

Extracted = Iterator[tuple[int, str, tuple[str, str], list[str]]]


def topics(
    file: IO[bytes], keywords: Sequence[str], comment_tags: Sequence[str], options: dict[str, Any]
) -> Extracted:
    """The paragraphs of one topic: the intent is the context, the comment names the place."""
    path = Path(file.name)
    topic = _all_topics(path.parent, path.parent.stat().st_mtime_ns)[path.stem]
    for number, (place, text) in enumerate(topic.paragraphs(), start=1):
        yield number, "pgettext", (path.stem, text), [f"{path.stem}: {place}"]


@cache
def _all_topics(folder: Path, changed: int) -> dict[str, Topic]:
    """The topics of a folder, read once for all its files."""
    return read_topics(folder)[0]


def organisations(
    file: IO[bytes], keywords: Sequence[str], comment_tags: Sequence[str], options: dict[str, Any]
) -> Extracted:
    """Who each organisation is for."""
    found, _ = read_organisations(paths.ORGANISATIONS)
    for number, organisation in enumerate(found.values(), start=1):
        yield number, "pgettext", ("organisation", organisation.audience), [f"{organisation.title}: for whom"]
