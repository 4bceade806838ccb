"""Replies: topic + locale + nation → the one shape that everything shows."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from bot import paths
from bot.content.organisations import Organisation, choose, read_organisations
from bot.content.topics import Fact, Topic, read_facts, read_topics
from bot.engine import FALLBACK_INTENT, as_json
from bot.errors import ContentError, Problem
from bot.i18n import Language, Passage, direction, read_languages, tag_of

UNWRITTEN = "unwritten"
"""The topic that stands in where an intent has no answer yet."""

WITHHELD = "withheld"
"""The topic that stands in where an answer is too old to be told."""


def clock() -> datetime:
    """The time now, or noon of the day `AMAAN_TODAY` names, to see how answers age."""
    day = os.environ.get("AMAAN_TODAY")
    return datetime.combine(date.fromisoformat(day), time(12), UTC) if day else datetime.now(UTC)


@dataclass(frozen=True)
class Card:
    """One organisation as she sees it, in her language.

    Args:
        id: Its id in `organisations.yml`.
        name: Its name, never translated.
        phone: `{"written", "e164"}`, or None where no number may be shown.
        hours: Opening times in words.
        open: Open now; None where the hours are not known.
        languages: Languages spoken there, named in her language.
        interpreters: Whether it says that it uses interpreters.
        audience: Who it is for.
        cost: `free`, `charged` or None.
        confidential: `stated`, `not_stated` or `official`.
        url: Its website, or None.
        place: The town it serves, or None for a whole nation.
    """

    id: str
    name: str
    phone: Mapping[str, str] | None
    hours: Passage
    open: bool | None
    languages: tuple[str, ...]
    interpreters: bool
    audience: Passage
    cost: str | None
    confidential: str
    url: str | None
    place: str | None


@dataclass(frozen=True)
class Reply:
    """What is said about one topic, in one language and nation; see `house.md` §2 for the wire.

    Args:
        topic: The intent.
        locale: The language asked for; a passage nobody has translated carries its own.
        status: `source`, `draft` or `signed`: who stands behind the translation.
        title: What it is about.
        say: The answer.
        do: What she can do.
        more: What is folded.
        organisations: Whom to ring.
        sources: Pages it rests on: `{"title", "publisher", "url", "date"}`.
        as_of: The day the facts were read (ISO), or None for the talk itself.
        reviewed: The day a qualified person signed exactly this (ISO), or None.
        age: `fresh`, `old` (it may have changed) or `withheld` (too old to be told).
        next: Intents people ask after this.
    """

    topic: str
    locale: str
    status: str
    title: Passage
    say: tuple[Passage, ...]
    do: tuple[Passage, ...]
    more: tuple[Passage, ...]
    organisations: tuple[Card, ...]
    sources: tuple[Mapping[str, str | None], ...]
    as_of: str | None
    reviewed: str | None
    age: str = "fresh"
    next: tuple[str, ...] = ()

    def on_the_wire(self) -> dict[str, Any]:
        """The reply as JSON carries it."""

        def passage(said: Passage) -> str | dict[str, str]:
            return said.text if said.locale == self.locale else {"text": said.text, "lang": tag_of(said.locale)}

        return {
            "topic": self.topic,
            "lang": tag_of(self.locale),
            "dir": direction(self.locale),
            "status": self.status,
            "title": passage(self.title),
            "say": [passage(said) for said in self.say],
            "do": [passage(said) for said in self.do],
            "more": [passage(said) for said in self.more],
            "organisations": [
                {
                    "id": card.id,
                    "name": card.name,
                    "phone": dict(card.phone) if card.phone else None,
                    "hours": passage(card.hours),
                    "open": card.open,
                    "languages": list(card.languages),
                    "interpreters": card.interpreters,
                    "for": passage(card.audience),
                    "cost": card.cost,
                    "confidential": card.confidential,
                    "url": card.url,
                    "place": card.place,
                }
                for card in self.organisations
            ],
            "sources": [dict(source) for source in self.sources],
            "as_of": self.as_of,
            "reviewed": self.reviewed,
            "age": self.age,
        }

    def as_text(self) -> str:
        """The reply for a terminal: title, answer, steps, numbers, sources."""
        lines = [self.title.text, ""]
        lines += [f"{said.text}\n" for said in self.say]
        lines += [f"  {number}. {said.text}" for number, said in enumerate(self.do, start=1)]
        for card in self.organisations:
            where = card.phone["written"] if card.phone else card.url or ""
            lines.append(f"  ☎ {card.name}: {where} ({card.hours.text})")
        lines += [f"  ← {source['title']} ({source['publisher']})" for source in self.sources]
        return "\n".join(lines)

    def as_event(self) -> dict[str, Any]:
        """The reply as an action hands it to Rasa; `from_event` reads it back."""
        flat: dict[str, Any] = dict(as_json(vars(self)))
        for key in ("say", "do", "more"):
            flat[key] = [vars(said) for said in flat[key]]
        flat["title"] = vars(self.title)
        flat["organisations"] = [
            {**vars(card), "languages": [*card.languages], "hours": vars(card.hours), "audience": vars(card.audience)}
            for card in self.organisations
        ]
        return flat

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Reply":
        """The reply out of what an action handed to Rasa."""

        def passages(key: str) -> tuple[Passage, ...]:
            return tuple(Passage(**said) for said in event[key])

        return cls(
            **{
                **event,
                "title": Passage(**event["title"]),
                "say": passages("say"),
                "do": passages("do"),
                "more": passages("more"),
                "organisations": tuple(
                    Card(
                        **{
                            **card,
                            "hours": Passage(**card["hours"]),
                            "audience": Passage(**card["audience"]),
                            "languages": tuple(card["languages"]),
                        }
                    )
                    for card in event["organisations"]
                ),
                "sources": tuple(event["sources"]),
                "next": tuple(event["next"]),
            }
        )


@dataclass(frozen=True)
class Content:
    """Everything we can say: read once at start, never changed.

    Args:
        topics: By intent.
        facts: By id.
        organisations: By id.
        languages: By locale.
        intents: What a button may choose, in the order of the domain.
        clock: The time now; set by tests.
    """

    topics: Mapping[str, Topic]
    facts: Mapping[str, Fact]
    organisations: Mapping[str, Organisation]
    languages: Mapping[str, Language]
    intents: tuple[str, ...] = ()
    clock: Callable[[], datetime] = clock

    @classmethod
    def read(cls) -> "Content":
        """Reads the words, organisations and catalogs.

        Raises:
            ContentError: With every fault of every file.
        """
        topics, problems = read_topics()
        facts, fact_faults = read_facts()
        organisations, organisation_faults = read_organisations()
        languages: Mapping[str, Language] = {}
        try:
            languages = read_languages()
        except ContentError as error:
            problems += error.problems
        problems += fact_faults + organisation_faults
        problems = problems or unknown_names(topics, facts, organisations)
        if problems:
            raise ContentError(problems)
        domain, _ = paths.read_mapping(paths.DOMAIN)
        return cls(topics, facts, organisations, languages, tuple(domain["intents"]))

    def title(self, intent: str, locale: str) -> Passage:
        """The label of the button for an intent."""
        topic = self.topics.get(intent) or self.topics[UNWRITTEN]
        return self.languages[locale].say(topic.title, topic.name)

    def reply(self, intent: str, *, locale: str, nation: str | None) -> Reply:
        """The reply to an intent; the words of `unwritten` where there is no topic yet."""
        topic = (self.topics.get(intent) or self.topics[UNWRITTEN]).in_nation(nation)
        language, now = self.languages[locale], self.clock()
        calls, age = topic.call, topic.age(now.date())
        if age == "withheld":
            topic = self.topics[WITHHELD]

        def said(paragraphs: tuple[str, ...]) -> tuple[Passage, ...]:
            return tuple(language.say(text, topic.name) for text in paragraphs)

        organisations = choose(self.organisations, calls, nation=nation, language=language, now=now)
        return Reply(
            topic=intent,
            locale=locale,
            status=language.status,
            title=language.say(topic.title, topic.name),
            say=said(topic.say),
            do=said(topic.do),
            more=said(topic.more),
            organisations=tuple(self._card(organisation, language, now) for organisation in organisations),
            sources=self._sources(topic),
            as_of=topic.as_of.isoformat() if topic.as_of else None,
            reviewed=topic.reviewed.date.isoformat() if topic.reviewed and topic.is_signed(self.facts) else None,
            age=age,
            next=tuple(name for name in topic.next if name in self.topics),
        )

    def shorter(self, reply: Reply) -> Reply:
        """The same answer in its first thought and its numbers."""
        return replace(reply, say=reply.say[:1], do=reply.do[:1], more=())

    def longer(self, reply: Reply) -> Reply:
        """What is folded in an answer, unfolded in its place."""
        return replace(reply, say=reply.more or reply.say, do=(), more=())

    def fallback(self, *, locale: str, nation: str | None) -> Reply:
        """What is said when she was not understood; never without the emergency line."""
        return self.reply(FALLBACK_INTENT, locale=locale, nation=nation)

    def _card(self, organisation: Organisation, language: Language, now: datetime) -> Card:
        phone = organisation.phone
        shown = phone is not None and phone.may_be_shown(now.date())
        hours, hours_locale = organisation.opening_times(language)
        names = (language.babel.languages.get(code, code) for code in organisation.languages)
        return Card(
            id=organisation.name,
            name=organisation.title,
            phone={"written": phone.written, "e164": phone.link} if phone and shown else None,
            hours=Passage(hours, hours_locale),
            open=organisation.is_open(now),
            languages=tuple(names),
            interpreters=organisation.interpreters,
            audience=language.say(organisation.audience, "organisation"),
            cost=organisation.cost,
            confidential=organisation.confidential,
            url=organisation.url,
            place=organisation.place,
        )

    def _sources(self, topic: Topic) -> tuple[Mapping[str, str | None], ...]:
        """The pages of the verified facts, each once, in the order of the facts."""
        pages: dict[str, Mapping[str, str | None]] = {}
        for name in topic.facts:
            fact = self.facts[name]
            if fact.url and fact.certainty == "verified":
                pages.setdefault(
                    fact.url,
                    {"title": fact.title, "publisher": fact.publisher, "url": fact.url, "date": fact.date},
                )
        return tuple(pages.values())


def unknown_names(
    topics: Mapping[str, Topic], facts: Mapping[str, Fact], organisations: Mapping[str, Organisation]
) -> list[Problem]:
    """Facts and organisations that a topic names and nobody has."""
    problems = []
    needs = {need for organisation in organisations.values() for need in organisation.needs}
    for required in (UNWRITTEN, WITHHELD, FALLBACK_INTENT):
        if required not in topics:
            problems.append(Problem(f"data/topics/{required}.yml", "is missing", "the bot cannot speak without it"))
    for topic in topics.values():
        where = f"data/topics/{topic.name}.yml"
        for name in topic.facts:
            if name not in facts:
                problems.append(Problem(f"{where}: facts", f"`{name}` is unknown", "use an id of sources.yml"))
        for nation in (None, *topic.nations):
            for call in topic.in_nation(nation).call:
                if call.organisation is not None and call.organisation not in organisations:
                    fault = f"`{call.organisation}` is unknown"
                    problems.append(Problem(f"{where}: call", fault, "use an id of organisations.yml"))
                elif call.need is not None and call.need not in needs:
                    fault = f"the need `{call.need}` is served by nobody"
                    problems.append(Problem(f"{where}: call", fault, f"needs are {', '.join(sorted(needs))}"))
    return problems
