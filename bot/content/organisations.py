"""Organisations: who helps, whom to show, and when their line is open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from babel.dates import format_time, get_day_names

from bot import paths
from bot.content.topics import NATIONS, Call
from bot.errors import Problem
from bot.i18n import N_, Language

UK_TIME = ZoneInfo("Europe/London")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SUBDIVISIONS = {"england": "ENG", "scotland": "SCT", "wales": "WLS", "northern_ireland": "NIR"}
CONFIDENTIAL = ("stated", "not_stated", "official")
COSTS = ("free", "charged")
CERTAINTIES = ("verified", "recalled")

PHONE_MAX_AGE = timedelta(days=3 * 365 + 1)
"""A number last seen on a page older than this is never shown."""

ALWAYS = N_("Open day and night")
HOURS_UNKNOWN = N_("Opening hours not known")


@dataclass(frozen=True)
class Phone:
    """A telephone number and how we know it.

    Args:
        written: As people write it.
        e164: For a link; None for short numbers.
        certainty: `verified` or `recalled`.
        seen: The date of the page it was read on, `undated`, or `old` for an old undated page.
    """

    written: str
    e164: str | None
    certainty: str
    seen: str

    def may_be_shown(self, today: date) -> bool:
        """Whether it is verified and was not last seen on a page older than three years."""
        if self.certainty != "verified" or self.seen == "old":
            return False
        if self.seen == "undated":
            return True
        # A page dated by its year or month alone is taken as that year's or month's last.
        seen = date.fromisoformat(self.seen + "-12-28"[3 * (self.seen.count("-")) :])
        return today - seen <= PHONE_MAX_AGE

    @property
    def link(self) -> str:
        """What stands behind `tel:`."""
        return self.e164 or self.written.replace(" ", "")


@dataclass(frozen=True)
class Hours:
    """One stretch of opening times, UK time."""

    days: tuple[str, ...]
    opens: time
    closes: time


@dataclass(frozen=True)
class Organisation:
    """One organisation; the fields are those of `data/organisations.yml`."""

    name: str
    title: str
    phone: Phone | None
    url: str | None
    always: bool
    hours: tuple[Hours, ...]
    cost: str | None
    languages: tuple[str, ...]
    interpreters: bool
    audience: str
    nations: tuple[str, ...]
    place: str | None
    needs: tuple[str, ...]
    communities: tuple[str, ...]
    confidential: str
    certainty: str
    source: str | None
    caution: str

    def is_open(self, now: datetime) -> bool | None:
        """Whether the line is open at this moment; None where the hours are not known."""
        if self.always:
            return True
        if not self.hours:
            return None
        there = now.astimezone(UK_TIME)
        if there.date() in bank_holidays(self.nations[0]):
            return False
        return any(
            DAYS[there.weekday()] in hours.days and hours.opens <= there.time() < hours.closes for hours in self.hours
        )

    def opening_times(self, language: Language) -> tuple[str, str]:
        """When the line is open, written in a language, and the locale it is written in."""
        if self.always or not self.hours:
            said = language.say(ALWAYS if self.always else HOURS_UNKNOWN)
            return said.text, said.locale
        return "; ".join(_stretch(hours, language) for hours in self.hours), language.locale


@cache
def bank_holidays(nation: str) -> holidays.HolidayBase:
    """The bank holidays of a nation; an organisation for all of the UK keeps England's."""
    return holidays.country_holidays("GB", subdiv=SUBDIVISIONS[nation])


def _stretch(hours: Hours, language: Language) -> str:
    names = get_day_names("abbreviated", locale=language.babel)
    indexes = [DAYS.index(day) for day in hours.days]
    runs = indexes == list(range(indexes[0], indexes[-1] + 1)) and len(indexes) > 2
    days = f"{names[indexes[0]]}–{names[indexes[-1]]}" if runs else ", ".join(names[i] for i in indexes)
    opens, closes = (format_time(t, "short", locale=language.babel) for t in (hours.opens, hours.closes))
    # Isolated, so that a right-to-left line does not turn the times about.
    return f"{days} \u2066{opens}–{closes}\u2069"


def choose(
    organisations: Mapping[str, Organisation],
    calls: Iterable[Call],
    *,
    nation: str | None,
    language: Language,
    now: datetime,
    per_need: int = 2,
) -> list[Organisation]:
    """Whom to show for the calls of a topic, in their order.

    Args:
        organisations: All of them, by id.
        calls: Organisations by name, and needs.
        nation: Where she is; None shows what serves England or the whole UK.
        language: Hers: those who speak it, then those of its communities, come first within a need.
        now: This moment, for those who are open.
        per_need: How many to show for one need.
    """
    here = nation or "england"
    chosen: dict[str, Organisation] = {}
    for call in calls:
        if call.organisation:
            named = organisations[call.organisation]
            found = [named] if here in named.nations else []
        else:
            found = [o for o in organisations.values() if call.need in o.needs and here in o.nations]
            found.sort(key=lambda o: _rank(o, language, now))
            if call.need == "community":
                found = [o for o in found if _speaks(o, language) or _shares(o, language)]
        for organisation in found[:per_need]:
            chosen.setdefault(organisation.name, organisation)
    return list(chosen.values())


def _speaks(organisation: Organisation, language: Language) -> bool:
    return language.locale != "en" and language.locale.split("_")[0] in organisation.languages


def _shares(organisation: Organisation, language: Language) -> bool:
    return not set(language.communities).isdisjoint(organisation.communities)


def _rank(organisation: Organisation, language: Language, now: datetime) -> tuple[bool, ...]:
    today = now.astimezone(UK_TIME).date()
    phone = organisation.phone
    return (
        organisation.place is not None,
        not (phone and phone.may_be_shown(today)),
        not _speaks(organisation, language),
        not _shares(organisation, language),
        organisation.is_open(now) is not True,
        len(organisation.nations) == len(NATIONS),
    )


def read_organisations(path: Path = paths.ORGANISATIONS) -> tuple[dict[str, Organisation], list[Problem]]:
    """Reads the organisations by id, and all faults."""
    raw, problems = paths.read_mapping(path)
    organisations: dict[str, Organisation] = {}
    for name, entry in raw.items():
        where = f"{paths.shown(path)}: {name}"
        faults = _faults(entry, where)
        if faults:
            problems += faults
        else:
            organisations[name] = _organisation(name, entry)
    return organisations, problems


KEYS = {
    "name": str,
    "phone": dict | None,
    "url": str | None,
    "hours": list | str | None,
    "cost": str | None,
    "languages": list,
    "interpreters": bool,
    "for": str,
    "nations": list,
    "place": str | None,
    "needs": list,
    "communities": list,
    "confidential": str,
    "certainty": str,
    "source": str | None,
    "caution": str,
}


def _faults(entry: Any, where: str) -> list[Problem]:
    if not isinstance(entry, dict) or entry.keys() != KEYS.keys():
        return [Problem(where, "does not have the keys of an organisation", f"write {', '.join(KEYS)}")]
    faults = [
        Problem(f"{where}: {key}", "has a wrong type", f"it is {kind}")
        for key, kind in KEYS.items()
        if not isinstance(entry[key], kind)
    ]
    if faults:
        return faults
    for key, allowed in (
        ("confidential", CONFIDENTIAL),
        ("certainty", CERTAINTIES),
        ("cost", (*COSTS, None)),
    ):
        if entry[key] not in allowed:
            faults.append(Problem(f"{where}: {key}", "is not allowed", f"one of {', '.join(map(str, allowed))}"))
    if not set(entry["nations"]) <= set(NATIONS) or not entry["nations"]:
        faults.append(Problem(f"{where}: nations", "names no nation", f"some of {', '.join(NATIONS)}"))
    if entry["url"] and not entry["url"].startswith(("https://", "http://")):
        faults.append(Problem(f"{where}: url", "is not an address", "begin it with https://"))
    phone = entry["phone"]
    if phone is not None and phone.keys() != {"written", "e164", "certainty", "seen"}:
        faults.append(Problem(f"{where}: phone", "is not whole", "write written, e164, certainty, seen"))
    return faults + _hours_faults(entry["hours"], where)


def _hours_faults(hours: Any, where: str) -> list[Problem]:
    if hours is None or hours == "always":
        return []
    try:
        _hours(hours)
    except (ValueError, KeyError, TypeError):
        remedy = "`always`, null, or `- {days: [mon, tue], opens: '09:00', closes: '17:00'}`"
        return [Problem(f"{where}: hours", "are not opening times", remedy)]
    return []


def _hours(raw: Any) -> tuple[Hours, ...]:
    if isinstance(raw, str) or raw is None:
        return ()
    stretches = []
    for entry in raw:
        if not entry["days"] or not set(entry["days"]) <= set(DAYS):
            raise ValueError("days")
        opens, closes = (time.fromisoformat(entry[key]) for key in ("opens", "closes"))
        stretches.append(Hours(tuple(entry["days"]), opens, closes))
    return tuple(stretches)


def _organisation(name: str, entry: dict[str, Any]) -> Organisation:
    phone = entry["phone"]
    return Organisation(
        name=name,
        title=entry["name"],
        phone=Phone(phone["written"], phone["e164"], phone["certainty"], phone["seen"]) if phone else None,
        url=entry["url"],
        always=entry["hours"] == "always",
        hours=_hours(entry["hours"]),
        cost=entry["cost"],
        languages=tuple(entry["languages"]),
        interpreters=entry["interpreters"],
        audience=entry["for"],
        nations=tuple(entry["nations"]),
        place=entry["place"],
        needs=tuple(entry["needs"]),
        communities=tuple(entry["communities"]),
        confidential=entry["confidential"],
        certainty=entry["certainty"],
        source=entry["source"],
        caution=entry["caution"],
    )
