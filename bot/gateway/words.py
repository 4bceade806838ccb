"""The page's own words, marked for translation: all of them, and nowhere else."""

from types import MappingProxyType

from bot.i18n import N_

WORDS = MappingProxyType(
    {
        "tab": N_("Chat"),
        "offer": N_("Change to {language}?"),
        "choose_language": N_("Choose your language"),
        "language": N_("Language"),
        "in_danger": N_("In danger now? Ring 999."),
        "cannot_speak": N_("If you cannot speak: ring from a mobile, and press 55 when a voice asks."),
        "leave": N_("Leave now"),
        "leave_note": N_(
            "“Leave now” closes this page and opens a weather page. It does not delete your phone's history."
        ),
        "your_question": N_("Write your question, in any words"),
        "send": N_("Send"),
        "no_names": N_("Please do not write names, addresses or numbers. We keep nothing you write."),
        "removed": N_("We took out names or numbers you wrote. You are safer without them here."),
        "nation": N_("Where are you?"),
        "nation_unknown": N_("I would rather not say"),
        "england": N_("England"),
        "scotland": N_("Scotland"),
        "wales": N_("Wales"),
        "northern_ireland": N_("Northern Ireland"),
        "what_to_do": N_("What you can do"),
        "who_to_ask": N_("Who you can ask"),
        "more": N_("More about this"),
        "sources": N_("Where this comes from"),
        "people_ask": N_("People also ask"),
        "as_of": N_("We read these facts on {date}. They may have changed."),
        "old": N_("We read these facts more than six months ago. The law may have changed. Please ask first."),
        "draft": N_("This translation is a draft. No native speaker has checked it yet."),
        "not_reviewed": N_("No lawyer has checked this answer yet. It is general information, not legal advice."),
        "reviewed": N_("A qualified person checked this answer on {date}."),
        "in_english": N_("This part is not translated yet, so it is in English."),
        "open_now": N_("open now"),
        "closed_now": N_("closed now"),
        "free": N_("free to call"),
        "charged": N_("costs money to call"),
        "website": N_("Website"),
        "speaks": N_("Speaks: {languages}"),
        "interpreters": N_("They can bring an interpreter."),
        "confidential_stated": N_("They say that it is confidential."),
        "confidential_not_stated": N_("Ask them first: “Is this confidential?”"),
        "confidential_official": N_("This is an official body. What you say may become known to the authorities."),
        "you": N_("You"),
        "wait": N_("One moment …"),
        "failed": N_("It did not work. Your words are still in the box. Please try again."),
        "unavailable": N_("I cannot answer just now. Please try again in a minute."),
        "bad_request": N_("I could not read that. Please write a short question or tap a button."),
        "too_long": N_("That is too long for me. Please write a shorter question."),
        "empty": N_("Please write a question, or tap one."),
        "helpline_anytime": N_("Free helpline, day and night: {number}"),
    }
)
