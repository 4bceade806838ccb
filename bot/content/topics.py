"""Topics: the answer to each intent, in plain English, and the facts it rests on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from bot import paths
from bot.errors import ContentError, Problem

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
    "withheld",
)
"""Topics that carry the talk itself and rest on no fact."""

SAFETY_TOPICS = (
    "immediate_danger",
    "self_harm",
    "child_in_danger",
    "being_abused",
    "distress",
    "find_support",
    "talk_to_human",
    "privacy",
    "hide_tracks",
    "who_are_you",
    "harms_others",
)
"""Topics that state no law: however old, they are said, since silence would be worse."""

OLD_AFTER, WITHHELD_AFTER = 6, 12
"""Months after which an answer says that it may have changed, and after which its law is withheld."""

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
    """The signature of a qualified person under a topic.

    Args:
        date: The day it was signed.
        by: Who signed it.
        role: What makes them qualified.
        digest: Of the words and facts they signed; a later change voids the signature.
    """

    date: date
    by: str
    role: str
    digest: str


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
    nations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    facts: tuple[str, ...] = ()
    as_of: date | None = None
    reviewed: Review | None = None

    def in_nation(self, nation: str | None) -> "Topic":
        """The topic as it is said in one nation."""
        changes = self.nations.get(nation) if nation else None
        return replace(self, **changes) if changes else self

    def age(self, today: date) -> str:
        """`fresh`, `old` (say that it may have changed) or `withheld` (hand her to people who know)."""
        if self.as_of is None:
            return "fresh"
        months = (today.year - self.as_of.year) * 12 + today.month - self.as_of.month
        months -= today.day < self.as_of.day
        if months >= WITHHELD_AFTER and self.name not in SAFETY_TOPICS:
            return "withheld"
        return "old" if months >= OLD_AFTER else "fresh"

    def digest(self, facts: Mapping[str, "Fact"]) -> str:
        """A digest of the words and of the facts they rest on: what a signature stands under."""
        words = [text for _, text in self.paragraphs()]
        rests_on = [f"{name} {facts[name].text} {facts[name].certainty}" for name in self.facts if name in facts]
        return hashlib.sha256("\0".join([*words, *rests_on]).encode()).hexdigest()[:16]

    def is_signed(self, facts: Mapping[str, "Fact"]) -> bool:
        """Whether a qualified person has signed exactly these words and facts."""
        return self.reviewed is not None and self.reviewed.digest == self.digest(facts)

    def paragraphs(self) -> list[tuple[str, str]]:
        """Every paragraph with its place (`say[1]`, `scotland.do[2]`), title first."""
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
    faults += _nation_faults(raw["nations"], where)
    for key in ("next", "facts"):
        if not _strings(raw[key]):
            faults.append(Problem(f"{where}: {key}", "is not a list of names", "write `[name, name]`"))
    review = raw["reviewed"]
    if review is not None and (not isinstance(review, dict) or review.keys() != {"date", "by", "role", "digest"}):
        faults.append(
            Problem(f"{where}: reviewed", "is not a signature", "null, or what `python -m bot sign` writes")
        )
    return faults


def _nation_faults(nations: Any, where: str) -> list[Problem]:
    if not isinstance(nations, dict):
        return [Problem(f"{where}: nations", "is not a mapping", "write `nations: {}` where none differs")]
    faults = []
    for nation, parts in nations.items():
        place = f"{where}: nations.{nation}"
        if nation not in NATIONS:
            faults.append(Problem(place, "is not a nation", f"nations are {', '.join(NATIONS)}"))
        elif not isinstance(parts, dict) or parts.keys() - {*PARTS, "call"}:
            faults.append(Problem(place, "has keys that cannot differ", "only say, do, more, call differ"))
        else:
            faults += _part_faults(parts, place)
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
        reviewed=Review(review["date"], review["by"], review["role"], review["digest"]) if review else None,
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


def sign(name: str, *, by: str, role: str, today: date, folder: Path = paths.TOPICS) -> None:
    """Writes the signature of a qualified person under a topic.

    Raises:
        ContentError: There is no such topic, or nobody is named.
    """
    path = folder / f"{name}.yml"
    topics, problems = read_topics(folder)
    facts, _ = read_facts()
    if name not in topics and not problems:
        problems.append(Problem(f"{paths.shown(folder)}/{name}.yml", "is no topic", "name one that exists"))
    for field_name, value in (("--by", by), ("--role", role)):
        if not value.strip() or set(value) & set("\n{}[],:#\"'"):
            problems.append(Problem(field_name, "is not a name", "letters, spaces, dots and hyphens"))
    if problems:
        raise ContentError(problems)
    signature = f"{{date: {today}, by: {by.strip()}, role: {role.strip()}, digest: '{topics[name].digest(facts)}'}}"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [f"reviewed: {signature}" if line.startswith("reviewed:") else line for line in lines]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
