"""The talk itself: not understood, again, more, and help as a person."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.say import content, say, turn_of
from bot.content.topics import TALK_TOPICS
from bot.engine import FALLBACK_INTENT

LIKELIEST = 3
"""How many guesses are offered when we are unsure."""


class ActionFallback(Action):
    """Says that it is unsure, offers the likeliest topics, and ends with the emergency line."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the fallback."""
        turn = turn_of(tracker)
        reply = content().fallback(locale=turn.locale, nation=turn.nation)
        apart = {FALLBACK_INTENT, *TALK_TOPICS, *reply.next}
        guesses = [name for name in turn.ranking if name not in apart]
        say(dispatcher, reply, turn, [*guesses[:LIKELIEST], *reply.next])
        return []


class ActionRepeat(Action):
    """Says the last answer again, in short; `tell me more` unfolds it."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the topic the tab remembers, shorter or longer."""
        turn = turn_of(tracker)
        again = turn.topic if turn.topic and turn.topic not in TALK_TOPICS else turn.intent
        reply = content().reply(again, locale=turn.locale, nation=turn.nation)
        if again != turn.intent:
            reply = content().shorter(reply) if turn.intent == "repeat" else content().longer(reply)
        say(dispatcher, reply, turn, reply.next)
        return []
