"""Replies: the wire, untranslated passages, and what stands in for a missing topic."""

import json

import pytest

from bot.content.replies import Content, Reply
from bot.engine import as_json

LOCALES = ("en", "ur", "pl", "ar", "bn", "es")


def test_the_heart_says_all_that_it_must(content: Content) -> None:
    """No promise, consent and where it is unread, Northern Ireland, people to ask, 999."""
    reply = content.reply("report_deportation_risk", locale="en", nation=None)
    said = " ".join(p.text for p in (*reply.say, *reply.do))
    for words in (
        "Nobody can honestly promise",
        "Southall Black Sisters",
        "Northern Ireland",
        "999",
        "confiden",
    ):
        assert words in said


def test_figures_that_conflict_stand_together_or_not_at_all(content: Content) -> None:
    """Neither figure about referrals is quoted alone, and neither stands in the answer itself."""
    for topic in content.topics.values():
        for nation in (None, *topic.nations):
            version = topic.in_nation(nation)
            assert not any("537" in text or "451" in text for text in (*version.say, *version.do))
            more = " ".join(version.more)
            assert ("537" in more) == ("451" in more)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_reply_survives_rasa_and_json(content: Content, locale: str) -> None:
    """What an action hands over comes back the same."""
    reply = content.reply("report_deportation_risk", locale=locale, nation="wales")
    assert Reply.from_event(json.loads(json.dumps(as_json(reply.as_event())))) == reply


def test_an_untranslated_passage_carries_its_own_language(content: Content) -> None:
    """English inside an Urdu reply is marked as English."""
    from dataclasses import replace

    languages = {**content.languages, "ur": replace(content.languages["ur"], messages={})}
    bare = replace(content, languages=languages)
    wire = bare.reply("privacy", locale="ur", nation=None).on_the_wire()
    assert (wire["lang"], wire["dir"], wire["status"]) == ("ur", "rtl", "draft")
    assert wire["title"] == {"text": "Who can see what I write?", "lang": "en"}


def test_an_intent_without_a_topic_never_pretends(content: Content) -> None:
    """It says that there is no answer yet, and gives people who can help."""
    from dataclasses import replace

    topics = {name: topic for name, topic in content.topics.items() if name != "legal_help"}
    reply = replace(content, topics=topics).reply("legal_help", locale="en", nation=None)
    assert reply.title.text == "We have no answer to this yet"
    assert reply.organisations


@pytest.mark.parametrize("locale", LOCALES[1:])
def test_every_message_is_translated(content: Content, locale: str) -> None:
    """The page, the organisations and every topic: the six languages are complete."""
    from bot.catalogs import template

    messages = content.languages[locale].messages
    assert not [m.id for m in template() if m.id and (m.context, m.id) not in messages]
