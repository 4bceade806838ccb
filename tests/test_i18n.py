"""Languages: names, directions, and falling back to English, marked."""

from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.i18n import Language, Passage, locale_of, read_languages, tag_of


@pytest.mark.parametrize(
    ("locale", "name", "direction"),
    [
        ("en", "English", "ltr"),
        ("ur", "اردو", "rtl"),
        ("ar", "العربية", "rtl"),
        ("pl", "Polski", "ltr"),
        ("bn", "বাংলা", "ltr"),
        ("es", "Español", "ltr"),
    ],
)
def test_a_language_is_named_in_itself(locale: str, name: str, direction: str) -> None:
    """She finds her language by its own name, written its own way."""
    language = read_languages()[locale]
    assert (language.name, language.direction) == (name, direction)


def test_an_untranslated_message_is_english_and_says_so() -> None:
    """Nobody reads a missing translation as if it were there."""
    language = Language("ur", "draft", "plain", None, {("money", "Hello"): "سلام"})
    assert language.say("Hello", "money") == Passage("سلام", "ur")
    assert language.say("Changed last week", "money") == Passage("Changed last week", "en")


def test_a_message_of_another_topic_is_not_taken() -> None:
    """The context keeps two topics apart that share an English sentence."""
    language = Language("ur", "draft", "plain", None, {("money", "Hello"): "سلام"})
    assert language.say("Hello", "housing").locale == "en"


def test_tags_and_locales_turn_into_each_other() -> None:
    """Babel's spelling on disk, language tags on the wire."""
    assert tag_of("zh_Hans") == "zh-Hans"
    assert locale_of("zh-Hans") == "zh_Hans"


def test_a_broken_catalog_stops_the_start_with_every_fault(tmp_path: Path) -> None:
    """A missing and a broken catalog are both named, each with what would be right."""
    entry = "  status: draft\n  owner: null\n  register: plain\n"
    languages = tmp_path / "languages.yml"
    english = "en:\n  status: source\n  owner: null\n  register: plain\n"
    languages.write_text(f"{english}ur:\n{entry}pl:\n{entry}", "utf-8")
    broken = tmp_path / "pl" / "LC_MESSAGES" / "messages.po"
    broken.parent.mkdir(parents=True)
    broken.write_text('msgid "a"\nmsgstr "b"\nthis is no catalog\n', "utf-8")
    with pytest.raises(ContentError) as caught:
        read_languages(languages)
    assert [("ur" in p.path, "pl" in p.path) for p in caught.value.problems] == [(False, True), (True, False)]


def test_an_unknown_locale_is_a_fault(tmp_path: Path) -> None:
    """A misspelt locale is named, with what a locale looks like."""
    languages = tmp_path / "languages.yml"
    languages.write_text("xx-nonsense:\n  status: draft\n  register: plain\n", "utf-8")
    with pytest.raises(ContentError, match="no locale Babel knows"):
        read_languages(languages)
