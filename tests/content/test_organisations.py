"""Organisations: which number may be shown, who is chosen, and when a line is open."""

from datetime import UTC, date, datetime, time

import pytest

from bot.content.organisations import Hours, Organisation, Phone, choose
from bot.content.replies import Content
from bot.content.topics import Call

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("certainty", "seen", "shown"),
    [
        ("verified", "2026-07-10", True),
        ("verified", "2023-11-24", True),
        ("verified", "2023-11", True),
        ("verified", "2022-11-09", False),
        ("verified", "2018", False),
        ("verified", "undated", True),
        ("verified", "old", False),
        ("recalled", "2026-07-10", False),
    ],
)
def test_only_a_verified_and_recent_number_is_shown(certainty: str, seen: str, shown: bool) -> None:
    """A frightened person never rings a number that nobody has seen for three years."""
    assert Phone("0800 000", None, certainty, seen).may_be_shown(TODAY) is shown


def test_no_recalled_number_reaches_a_reply(content: Content) -> None:
    """Over every topic, nation and language: each number shown may be shown."""
    for intent in content.topics:
        for nation in (None, "england", "scotland", "wales", "northern_ireland"):
            for card in content.reply(intent, locale="en", nation=nation).organisations:
                phone = content.organisations[card.id].phone
                assert card.phone is None or (phone and phone.may_be_shown(TODAY))


@pytest.mark.parametrize(
    ("nation", "helpline"),
    [
        (None, "refuge-ndah"),
        ("england", "refuge-ndah"),
        ("scotland", "sdafmh"),
        ("wales", "live-fear-free"),
        ("northern_ireland", "ni-dsah"),
    ],
)
def test_the_helpline_is_that_of_her_nation(content: Content, nation: str | None, helpline: str) -> None:
    """Each part of the UK has its own."""
    chosen = choose(
        content.organisations, [Call(need="helpline")], nation=nation, language=content.languages["en"], now=NOON
    )
    assert chosen[0].name == helpline


def test_who_speaks_her_language_comes_first(content: Content) -> None:
    """A Polish caller is shown a Polish line."""
    calls = [Call(need="community")]
    chosen = choose(content.organisations, calls, nation="england", language=content.languages["pl"], now=NOON)
    assert chosen and all("pl" in organisation.languages for organisation in chosen)


def test_an_organisation_of_another_nation_is_left_out(content: Content) -> None:
    """England's legal aid line is not shown in Scotland."""
    calls = [Call(organisation="cla")]
    assert not choose(content.organisations, calls, nation="scotland", language=content.languages["en"], now=NOON)


def office(content: Content) -> Organisation:
    return content.organisations["karma-nirvana"]


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 8, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 25, 12, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 8, 30, tzinfo=UTC), True),
    ],
)
def test_open_now_is_uk_time(content: Content, moment: datetime, is_open: bool) -> None:
    """Weekdays nine to five, summer time counted."""
    assert office(content).is_open(moment) is is_open


def test_hours_are_written_in_her_language(content: Content) -> None:
    """Day names and times come from CLDR."""
    text, locale = office(content).opening_times(content.languages["pl"])
    assert (text, locale) == ("pon.–pt. \u206609:00–17:00\u2069", "pl")


def test_days_that_are_not_in_a_row_are_listed() -> None:
    """Monday and Wednesday are not Monday to Wednesday."""
    from bot.content.organisations import _stretch
    from bot.i18n import Language

    hours = Hours(("mon", "wed"), time(9), time(20))
    assert _stretch(hours, Language("en", "source", "", None)) == "Mon, Wed \u206609:00–20:00\u2069"
