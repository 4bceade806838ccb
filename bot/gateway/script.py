"""The helpline's script: every answer in English and the caller's language, side by side, passage by passage.

The words are those of the chat. The page holds all topics of one language and nation, so that it works on when the
network is down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby, zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from indic_transliteration import sanscript

from bot import paths
from bot.content.replies import Card, Content, Reply
from bot.content.topics import NATIONS, Fact
from bot.engine import DANGER_INTENTS, FALLBACK_INTENT
from bot.errors import BotError
from bot.gateway.keys import CONTENT
from bot.gateway.pages import asked_locale
from bot.i18n import SOURCE, Passage, direction, tag_of

SPOKEN_IN_LATIN = {"bn": sanscript.BENGALI}
"""Languages whose letters tell their vowels, so that the line in Latin letters can be read aloud, roughly.

Urdu and Arabic leave most vowels out (“mn l ystty`”): that would help nobody, so nothing is offered."""

DOTTED = {"\u09af\u09bc": "\u09df", "\u09a1\u09bc": "\u09dc", "\u09a2\u09bc": "\u09dd"}
"""Bengali letters with a dot written as two; the library knows them as one."""

KIND = {"say": "Say", "do": "What she can do", "more": "If she asks for more"}
LEFT_OUT = frozenset({FALLBACK_INTENT, "unwritten", "withheld"})


@dataclass(frozen=True)
class Row:
    """One passage in two languages.

    Attributes:
        number: Counted within its topic, alike in both columns.
        kind: `say`, `do` or `more`.
        english: The source.
        theirs: In the caller's language, or in English where nobody has translated it.
        sounds: Roughly how it sounds, in Latin letters; None where that would not help.
    """

    number: int
    kind: str
    english: str
    theirs: Passage
    sounds: str | None


@dataclass(frozen=True)
class Part:
    """One topic.

    Attributes:
        reply: In the caller's language.
        title: In English.
        rows: The passages.
        cards: Whom to ring, open now first.
        facts: What it rests on, with the cautions that the public answer leaves out.
        next: Topics that callers ask about after this one: name and English title.
        danger: Whether it stands on top.
    """

    reply: Reply
    title: str
    rows: tuple[Row, ...]
    cards: tuple[Card, ...]
    facts: tuple[Fact, ...]
    next: tuple[tuple[str, str], ...]
    danger: bool


def script(content: Content, *, locale: str, nation: str | None) -> list[Part]:
    """Every topic, danger first, then those that rest on facts, then the talk itself.

    Args:
        content: What we can say.
        locale: The caller's language.
        nation: One of `NATIONS`, or None.
    """
    names = [name for name in content.intents if name in content.topics and name not in LEFT_OUT]
    names.sort(key=lambda name: (name not in DANGER_INTENTS, not content.topics[name].facts))
    return [_part(content, name, locale, nation) for name in names]


def _part(content: Content, name: str, locale: str, nation: str | None) -> Part:
    source = content.reply(name, locale=SOURCE, nation=nation)
    theirs = content.reply(name, locale=locale, nation=nation)
    names = content.languages[SOURCE].babel.languages

    def in_english(card: Card) -> Card:
        codes = content.organisations[card.id].languages
        return replace(card, languages=tuple(names.get(code, code) for code in codes))

    rows: list[Row] = []
    for kind in KIND:
        for english, said in zip_longest(getattr(source, kind), getattr(theirs, kind)):
            rows.append(Row(len(rows) + 1, kind, english.text, said, _sounds(said)))
    topic = content.topics[name].in_nation(nation)
    return Part(
        theirs,
        source.title.text,
        tuple(rows),
        tuple(sorted((in_english(card) for card in theirs.organisations), key=lambda card: not card.open)),
        tuple(content.facts[fact] for fact in topic.facts),
        tuple((other, content.title(other, SOURCE).text) for other in theirs.next if other not in LEFT_OUT),
        name in DANGER_INTENTS,
    )


@cache
def _sounds(said: Passage) -> str | None:
    letters = SPOKEN_IN_LATIN.get(said.locale)
    if letters is None:
        return None
    text = said.text
    for two, one in DOTTED.items():
        text = text.replace(two, one)
    # Bengali has one letter for b and v, and says b.
    return str(sanscript.transliterate(text, letters, sanscript.IAST)).replace("v", "b")


@cache
def sentences() -> Mapping[str, str]:
    """“I speak this language”, by locale: `locales/point.yml`."""
    raw, problems = paths.read_mapping(paths.POINT)
    if problems:
        raise ValueError(problems)
    return {str(locale): str(sentence) for locale, sentence in raw.items()}


def context(content: Content, *, locale: str, nation: str | None) -> dict[str, Any]:
    """What the template needs."""
    language = content.languages[locale]
    return {
        "parts": script(content, locale=locale, nation=nation),
        "language": language,
        "languages": list(content.languages.values()),
        "nation": nation,
        "nations": NATIONS,
        "kinds": KIND,
        "by_kind": lambda rows: [(kind, list(some)) for kind, some in groupby(rows, key=lambda row: row.kind)],
        "direction": direction,
        "tag": tag_of,
        "today": content.clock().date(),
        "english_name": language.babel.get_display_name(SOURCE),
        "source": SOURCE,
    }


async def page(request: web.Request) -> web.Response:
    """`GET /script?locale=ur&nation=wales`: for the person on the telephone."""
    content = request.app[CONTENT]
    locale = asked_locale(request) or "ur"
    nation = request.query.get("nation")
    shown = context(content, locale=locale, nation=nation if nation in NATIONS else None)
    return aiohttp_jinja2.render_template("script.html", request, shown | {"paper": False})


async def languages(request: web.Request) -> web.Response:
    """`GET /script/languages`: one sentence in each, for a caller to point at or to hear."""
    said = [(tag_of(locale), direction(locale), sentence) for locale, sentence in sentences().items()]
    return aiohttp_jinja2.render_template("languages.html", request, {"sentences": said, "english": _english_name})


def on_paper(content: Content, *, locale: str, nation: str | None) -> str:
    """The script as one page of HTML, for WeasyPrint: contents, page numbers, date and draft mark on every page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("script.html").render(
        context(content, locale=locale, nation=nation) | {"paper": True}
    )


def write_pdf(content: Content, path: Path, *, locale: str, nation: str | None) -> None:
    """Writes the script on paper: half a minute of work, so whether the file can be written is tried first.

    Raises:
        BotError: A library of the system is missing, or the file cannot be written.
    """
    try:
        import weasyprint
    except OSError:
        raise BotError(
            "--pdf: Pango is missing; on Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0"
        ) from None
    style = weasyprint.CSS(filename=str(paths.WIDGET / "paper.css"))
    try:
        path.open("ab").close()
        weasyprint.HTML(string=on_paper(content, locale=locale, nation=nation), base_url=None).write_pdf(
            str(path), stylesheets=[style]
        )
    except OSError as error:
        raise BotError(f"--pdf: {path} cannot be written: {error.strerror}") from None


def in_columns(part: Part, width: int) -> list[str]:
    """A topic for a terminal: number, English, the caller's language.

    Args:
        part: The topic.
        width: Columns of the terminal.
    """
    half = (width - 6) // 2
    lines = [f"{part.title}  |  {part.reply.title.text}", ""]
    for row in part.rows:
        english, theirs = wrap(row.english, half), wrap(row.theirs.text, half)
        for number, (left, right) in enumerate(zip_longest(english, theirs, fillvalue="")):
            lines.append(f"{row.number if not number else '':>2}  {left:<{half}}  {right}")
        lines.append("")
    for card in part.cards:
        lines.append(f"    {card.name}: {card.phone['written'] if card.phone else card.url or ''}")
    return lines


def _english_name(tag: str) -> str:
    from babel import Locale, UnknownLocaleError

    names = Locale("en").languages
    try:
        return str(names.get(tag) or Locale.parse(tag, sep="-").get_display_name("en"))
    except (ValueError, UnknownLocaleError):
        return tag
