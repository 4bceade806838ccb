"""Topics: the answer to each intent, in plain English, and the facts it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from bot import paths
from bot.errors import Problem

NATIONS = ("england", "scotland", "wales", "northern_ireland")

TALK_TOPICS = (
    "greet",
    "goodbye",
    "thanks",
    "affirm",
    "deny",
    "repeat",
    "change_language",
    "out_of_scope",
    "nlu_fallback",
    "unwritten",
)
"""Topics that carry the talk itself and rest on no fact."""

PARTS = ("say", "do", "more")
"""The parts of a topic that hold paragraphs, in the order they are shown."""

KEYS = {"title", *PARTS, "call", "next", "nations", "facts", "as_of", "reviewed"}


@dataclass(frozen=True)
class Call:
    """Whom to ring: one organisation by its id, or whoever serves a need."""

    organisation: str | None = None
    need: str | None = None


@dataclass(frozen=True)
class Review:
    """The signature of a qualified person under a topic."""

    date: date
    by: str
    role: str


@dataclass(frozen=True)
class Topic:
    """The answer to one intent.

    Args:
        name: The intent.
        title: What the answer is about; also the label of its button.
        say: The answer, 2–4 short thoughts.
        do: What she can do, in order.
        more: What is shown when she asks for more.
        call: Whom to ring.
        next: Intents that people ask after this one.
        nations: What differs in a nation: the parts that replace the general ones.
        facts: Ids of the facts it rests on.
        as_of: The day the facts were read; None for the talk itself.
        reviewed: Who signed it, or None.
    """

    name: str
    title: str
    say: tuple[str, ...]
    do: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    call: tuple[Call, ...] = ()
    next: tuple[str, ...] = ()
    nations: Mapping[str, Mapping[str, Any]] = ()  # type: ignore[assignment]
    facts: tuple[str, ...] = ()
    as_of: date | None = None
    reviewed: Review | None = None

    def in_nation(self, nation: str | None) -> "Topic":
        """The topic as it is said in one nation."""
        changes = self.nations.get(nation) if nation else None
        return replace(self, **changes) if changes else self

    def paragraphs(self) -> list[tuple[str, str]]:
        """Every paragraph with its place (`say[1]`, `scotland.do[2]`), title first, as a translator meets it."""
        found = [("title", self.title)]
        for nation, parts in [("", {part: getattr(self, part) for part in PARTS}), *self.nations.items()]:
            for part in PARTS:
                for number, text in enumerate(parts.get(part, ()), start=1):
                    found.append((f"{nation}.{part}[{number}]".lstrip("."), text))
        return found


def read_topics(folder: Path = paths.TOPICS) -> tuple[dict[str, Topic], list[Problem]]:
    """Reads every topic of a folder, by intent, and all faults."""
    topics: dict[str, Topic] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        raw, faults = paths.read_mapping(path)
        faults = faults or _shape_faults(raw, paths.shown(path))
        if faults:
            problems += faults
        else:
            topics[path.stem] = _topic(path.stem, raw)
    if not topics and not problems:
        problems.append(Problem(paths.shown(folder), "holds no topic", "one file an intent, `<intent>.yml`"))
    return topics, problems


def _shape_faults(raw: dict[str, Any], where: str) -> list[Problem]:
    faults = [
        Problem(f"{where}: {key}", "is not a key of a topic", f"keys are {', '.join(sorted(KEYS))}")
        for key in raw.keys() - KEYS
    ]
    faults += [Problem(where, f"lacks `{key}`", "every key is written out") for key in KEYS - raw.keys()]
    if faults:
        return faults
    if not isinstance(raw["title"], str) or not raw["title"].strip():
        faults.append(Problem(f"{where}: title", "is empty", "write one short line"))
    if not raw["say"]:
        faults.append(Problem(f"{where}: say", "is empty", "write the answer, 1–4 paragraphs"))
    if raw["as_of"] is not None and not isinstance(raw["as_of"], date):
        faults.append(Problem(f"{where}: as_of", "is not a date", "write it as 2026-11-22, or null"))
    faults += _part_faults(raw, where)
    nations = raw["nations"]
    if not isinstance(nations, dict):
        return [*faults, Problem(f"{where}: nations", "is not a mapping", "write `nations: {}` where none differs")]
    for nation, parts in nations.items():
        place = f"{where}: nations.{nation}"
        if nation not in NATIONS:
            faults.append(Problem(place, "is not a nation", f"nations are {', '.join(NATIONS)}"))
        elif not isinstance(parts, dict) or parts.keys() - {*PARTS, "call"}:
            faults.append(Problem(place, "has keys that cannot differ", "only say, do, more, call differ"))
        else:
            faults += _part_faults(parts, place)
    for key in ("next", "facts"):
        if not _strings(raw[key]):
            faults.append(Problem(f"{where}: {key}", "is not a list of names", "write `[name, name]`"))
    review = raw["reviewed"]
    if review is not None and (not isinstance(review, dict) or not {"date", "by", "role"} <= review.keys()):
        faults.append(Problem(f"{where}: reviewed", "is not a signature", "null, or {date, by, role}"))
    return faults


def _part_faults(parts: dict[str, Any], where: str) -> list[Problem]:
    faults = [
        Problem(f"{where}: {part}", "is not a list of paragraphs", "one `- ` a paragraph, quoted if it holds `: `")
        for part in PARTS
        if part in parts and not _strings(parts[part])
    ]
    calls = parts.get("call", [])
    if not isinstance(calls, list) or not all(
        isinstance(call, str) or (isinstance(call, dict) and call.keys() == {"need"}) for call in calls
    ):
        faults.append(Problem(f"{where}: call", "is not a list of calls", "an organisation's id, or {need: …}"))
    return faults


def _strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def _topic(name: str, raw: dict[str, Any]) -> Topic:
    review = raw["reviewed"]
    return Topic(
        name=name,
        title=raw["title"],
        **_parts(raw),
        next=tuple(raw["next"]),
        nations={nation: _parts(parts) for nation, parts in raw["nations"].items()},
        facts=tuple(raw["facts"]),
        as_of=raw["as_of"],
        reviewed=Review(review["date"], review["by"], review["role"]) if review else None,
    )


def _parts(raw: dict[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = {part: tuple(raw[part]) for part in PARTS if part in raw}
    if "call" in raw:
        parts["call"] = tuple(Call(c) if isinstance(c, str) else Call(need=c["need"]) for c in raw["call"])
    return parts


@dataclass(frozen=True)
class Fact:
    """One fact of ours and the page it was read on.

    Args:
        name: Its id.
        text: The fact, for a reviewer; never shown to her as it stands.
        certainty: `verified` (read on the page named) or `recalled` (general knowledge).
        jurisdiction: Where it holds.
        as_of: The day or month it was true, as the page gives it.
        title: Title of the page.
        publisher: Who publishes it.
        url: Its address, or None.
        date: The page's own date, as it gives it, or None.
        caution: What must not be made of it.
    """

    name: str
    text: str
    certainty: str
    jurisdiction: str
    as_of: str
    title: str
    publisher: str | None
    url: str | None
    date: str | None
    caution: str


def read_facts(path: Path = paths.SOURCES) -> tuple[dict[str, Fact], list[Problem]]:
    """Reads the facts by id, and all faults."""
    raw, problems = paths.read_mapping(path)
    facts: dict[str, Fact] = {}
    for name, entry in raw.items():
        try:
            source = entry["source"]
            facts[name] = Fact(
                name,
                entry["fact"],
                entry["certainty"],
                entry["jurisdiction"],
                str(entry["as_of"]),
                source["title"] or "",
                source["publisher"],
                source["url"],
                str(source["date"]) if source["date"] else None,
                entry["caution"] or "",
            )
        except (KeyError, TypeError):
            remedy = "fact, certainty, jurisdiction, as_of, source {title, publisher, url, date}, caution"
            problems.append(Problem(f"{paths.shown(path)}: {name}", "is not a whole fact", remedy))
    return facts, problems
