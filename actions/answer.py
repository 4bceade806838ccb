"""action_answer: any information intent → its topic."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.say import content, say, turn_of

MOST_CHOICES = 6
"""Buttons under an answer: the first screen of a phone."""


class ActionAnswer(Action):
    """Says the topic named like the intent."""

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        """Says the answer; the tracker is left as it is."""
        turn = turn_of(tracker)
        reply = content().reply(turn.intent, locale=turn.locale, nation=turn.nation)
        choices = list(dict.fromkeys([*turn.seconds, *reply.next]))
        say(dispatcher, reply, turn, choices[:MOST_CHOICES])
        return []
