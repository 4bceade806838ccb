"""Languages: which we have, how each is written, and the translation of a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog as PoCatalog
from babel.messages.pofile import PoFileError, read_po

from bot import paths
from bot.errors import ContentError, Problem

SOURCE = "en"
"""The locale the message ids are written in."""

WRITTEN_AS = {"en": "en_GB"}
"""Where dates and hours are written differently than Babel's choice for the bare language."""

STATUSES = ("source", "draft", "signed")


def N_(message: str) -> str:
    """Marks an English string for extraction; it is translated where it is shown."""
    return message


def tag_of(locale: str) -> str:
    """Babel's spelling as a language tag: `zh_Hans` → `zh-Hans`."""
    return locale.replace("_", "-")


def locale_of(tag: str) -> str:
    """A language tag in Babel's spelling: `zh-Hans` → `zh_Hans`."""
    return tag.replace("-", "_")


@dataclass(frozen=True)
class Passage:
    """A piece of text and the locale it is really in."""

    text: str
    locale: str


@dataclass(frozen=True)
class Language:
    """One language we answer in.

    Args:
        locale: Babel's spelling.
        status: `source`, `draft` or `signed`.
        register: How it speaks to her.
        owner: Who looks after it, or None.
        messages: Translations by (context, English).
        communities: Whose organisations suit its speakers.
        leave: The ordinary page in it that "leave now" opens, or None.
    """

    locale: str
    status: str
    register: str
    owner: str | None
    messages: Mapping[tuple[str | None, str], str] = field(default_factory=dict, repr=False)
    communities: tuple[str, ...] = ()
    leave: str | None = None

    @property
    def tag(self) -> str:
        """The language tag for the wire and for HTML."""
        return tag_of(self.locale)

    @property
    def babel(self) -> Locale:
        """The Babel locale: names, dates, plural rules."""
        return parse_locale(WRITTEN_AS.get(self.locale, self.locale))

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return direction(self.locale)

    @property
    def name(self) -> str:
        """The language's name in itself, as a button shows it."""
        name = parse_locale(self.locale).get_display_name(self.locale) or self.tag
        return name[0].upper() + name[1:]

    def say(self, message: str, context: str | None = None) -> Passage:
        """A message in this language, or in English where nobody has translated it yet."""
        translated = self.messages.get((context, message))
        return Passage(translated, self.locale) if translated else Passage(message, SOURCE)


@cache
def parse_locale(locale: str) -> Locale:
    """The Babel locale of a name; `babel.UnknownLocaleError` where there is none."""
    return Locale.parse(locale)


def direction(locale: str) -> str:
    """`ltr` or `rtl`, from CLDR."""
    return parse_locale(locale).text_direction


def named_language(text: str, languages: Mapping[str, Language]) -> str | None:
    """The one language of ours that a text names, in any of our languages, or None.

    Names come from CLDR and from the romanised spellings below; `in Polish please`, `po polsku`, `اردو میں`.
    """
    words = text.casefold()
    found = {locale for locale in languages if any(name in words for name in _names_of(locale, tuple(languages)))}
    return found.pop() if len(found) == 1 else None


SPOKEN_NAMES = {
    "en": ("angrezi", "angielsk", "inglés", "ingles", "inglizi", "ingreji"),
    "ur": ("urdu",),
    "pl": ("polsk", "polish", "polonia"),
    "ar": ("arabi", "arabsk", "árabe", "arabe"),
    "bn": ("bangla", "bengali", "bengalsk", "sylheti"),
    "es": ("spanish", "español", "espanol", "castellano", "hiszpańsk", "hispani"),
}
"""Names as people type them; the beginning of a word where its end changes."""


@cache
def _names_of(locale: str, others: tuple[str, ...]) -> tuple[str, ...]:
    code = locale.split("_")[0]
    names = {parse_locale(other).languages.get(code, "").casefold() for other in others}
    return tuple(name for name in {*names, *SPOKEN_NAMES.get(locale, ())} if name)


def read_catalog(path: Path) -> tuple[PoCatalog, list[Problem]]:
    """Reads a catalog; faults where it is missing or broken."""
    try:
        with path.open("rb") as file:
            return read_po(file, abort_invalid=True), []
    except OSError:
        remedy = "make it with `python -m bot catalogs`"
        return PoCatalog(), [Problem(paths.shown(path), "cannot be read", remedy)]
    except (PoFileError, ValueError):
        remedy = "write valid PO, as Poedit would"
        return PoCatalog(), [Problem(paths.shown(path), "is not a valid catalog", remedy)]


def messages_of(catalog: PoCatalog) -> dict[tuple[str | None, str], str]:
    """The finished translations of a catalog; fuzzy ones are left out."""
    return {
        (message.context, message.id): message.string
        for message in catalog
        if isinstance(message.id, str)
        and message.id
        and isinstance(message.string, str)
        and message.string
        and not message.fuzzy
    }


def read_languages(path: Path = paths.LANGUAGES) -> dict[str, Language]:
    """Reads the languages and their catalogs, by locale, in the order of the file.

    Raises:
        ContentError: With every fault.
    """
    raw, problems = paths.read_mapping(path)
    languages: dict[str, Language] = {}
    for locale, entry in raw.items():
        where = f"{paths.shown(path)}: {locale}"
        try:
            parse_locale(locale)
        except (ValueError, UnknownLocaleError):
            problems.append(Problem(where, "is no locale Babel knows", "use a CLDR name such as `zh_Hans`"))
            continue
        if not isinstance(entry, dict) or entry.get("status") not in STATUSES or not entry.get("register"):
            problems.append(Problem(where, "lacks a status or register", f"status is one of {', '.join(STATUSES)}"))
            continue
        if not str(entry.get("leave") or "https://").startswith("https://"):
            problems.append(Problem(where, "`leave` is no address", "it should look like https://weather.example/"))
            continue
        messages: dict[tuple[str | None, str], str] = {}
        if entry["status"] != "source":
            catalog, faults = read_catalog(path.parent / locale / "LC_MESSAGES" / "messages.po")
            problems += faults
            messages = messages_of(catalog)
        languages[locale] = Language(
            locale,
            entry["status"],
            entry["register"],
            entry.get("owner"),
            messages,
            tuple(entry.get("communities", ())),
            entry.get("leave"),
        )
    if SOURCE not in languages and not problems:
        problems.append(Problem(paths.shown(path), f"lacks `{SOURCE}`", "the source language must be there"))
    if problems:
        raise ContentError(problems)
    return languages
