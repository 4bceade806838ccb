"""The engine: a Rasa agent and its actions in this process, with no memory and no voice of its own."""

import gc
import json
import secrets
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from bot import paths
from bot.content.replies import Reply
from bot.content.topics import TALK_TOPICS
from bot.engine import DANGER_INTENTS, FALLBACK_INTENT, Answer, Turn, danger_in
from bot.errors import EngineUnavailableError
from bot.i18n import SOURCE, named_language, read_languages
from bot.silence import silence
from bot.slim import slim

SURE_ENOUGH = {"harms_others": 0.75}
"""Where a wrong guess would wound: a victim must not be spoken to as an abuser."""

CHANGE_LANGUAGE = "change_language"
DANGER_THRESHOLD, DANGER_THRESHOLD_WITH_WORDS = 0.05, 0.015
"""Summed probability of the danger intents from which the emergency card is shown; less where a word speaks of it.

Tuned for recall: a card too many costs a line, a card too few may cost a life (docs/understanding.md)."""


silence()
slim()

from rasa.core.actions.action import Action, RemoteAction  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.core.processor import MessageProcessor  # noqa: E402
from rasa.engine.loader import load_predict_graph_runner  # noqa: E402
from rasa.engine.runner.dask import DaskGraphRunner  # noqa: E402
from rasa.engine.storage.local_model_storage import MODEL_ARCHIVE_METADATA_FILE, LocalModelStorage  # noqa: E402
from rasa.engine.storage.storage import ModelMetadata  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.utils.endpoints import EndpointConfig  # noqa: E402
from rasa_sdk.executor import ActionExecutor  # noqa: E402

from bot.memory import ForgetfulTrackerStore  # noqa: E402
from bot.text.danger import speaks_of_danger  # noqa: E402


def train() -> Path:
    """Trains a model on the data as it is now, with progress on standard error.

    Raises:
        EngineUnavailableError: Rasa could not train.
    """
    from rasa.model_training import train as rasa_train
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    path = paths.model_path()
    files = [str(paths.NLU), str(paths.RULES)]
    # Rasa's own cache costs more time than it saves: our vectors have theirs. For it, Rasa reads every example nine
    # times over to tell whether it has changed; here it always has. To find doubles it digests each example as often;
    # the hash of its text does. Nor need its litter be swept.
    fingerprint, digest = TrainingData.fingerprint, Message.__hash__
    TrainingData.fingerprint = lambda data: uuid4().hex
    Message.__hash__ = lambda message: hash(message.get("text"))
    gc.disable()
    try:
        result = rasa_train(
            str(paths.DOMAIN),
            str(paths.CONFIG),
            files,
            str(paths.MODELS),
            fixed_model_name=path.name,
            force_training=True,
        )
    finally:
        gc.enable()
        TrainingData.fingerprint, Message.__hash__ = fingerprint, digest
    if result.code != 0 or not path.exists():
        raise EngineUnavailableError("Training failed: run `rasa data validate` to see what is wrong.")
    for old in set(paths.MODELS.glob("amaan-*.tar.gz")) - {path}:
        old.unlink()
    return path


class InProcessActions(EndpointConfig):
    """An action server without a server: the actions run here."""

    def __init__(self) -> None:
        super().__init__("in-process")
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, *args: Any, json: Any = None, **kwargs: Any) -> Any:
        """Runs the action that the call names."""
        return await self._executor.run(json)


class TrustedAction(RemoteAction):
    """An action of our own: Rasa checks each result against a schema and the schema against its own."""

    def _validate_action_result(self, result: dict[str, Any]) -> bool:
        return True

    def _action_call_format(self, tracker: Any, domain: Domain) -> dict[str, Any]:
        """Only what our actions read: Rasa would copy the whole tracker and domain."""
        message = {
            "intent": tracker.latest_message.intent,
            "intent_ranking": tracker.latest_message.parse_data.get("intent_ranking", []),
            "entities": [],
            "metadata": tracker.latest_message.metadata,
        }
        state = {
            "sender_id": tracker.sender_id,
            "slots": {},
            "latest_message": message,
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
        }
        return {"next_action": self.name(), "sender_id": tracker.sender_id, "tracker": state, "domain": {}}


class DirectRunner:
    """Runs the nodes of Rasa's graph one after the other; Dask would plan the same few calls anew each turn."""

    def __init__(self, runner: Any) -> None:
        self._schema, self._nodes = runner._graph_schema, runner._instantiated_nodes
        self._needs: dict[tuple[str, ...], dict[str, list[str]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of the target nodes, by name."""
        names = tuple(targets or self._schema.target_names)
        if names not in self._needs:
            nodes = self._schema.minimal_graph_schema(list(names)).nodes
            self._needs[names] = {name: list(node.needs.values()) for name, node in nodes.items()}
        needs, done = self._needs[names], {name: (name, value) for name, value in (inputs or {}).items()}

        def output(name: str) -> Any:
            if name not in done:
                done[name] = self._nodes[name](*[output(needed) for needed in needs[name]])
            return done[name]

        return dict(output(name) for name in names)


class AnsweringStorage(LocalModelStorage):
    """A model to answer with: how it was trained is left out, for its steps name every component Rasa has."""

    @staticmethod
    def _load_metadata(directory: Path) -> ModelMetadata:
        metadata = json.loads((directory / MODEL_ARCHIVE_METADATA_FILE).read_text(encoding="utf-8"))
        return ModelMetadata.from_dict({**metadata, "train_schema": {"nodes": {}}})


class QuietProcessor(MessageProcessor):
    """Rasa's processor, handing our actions to `TrustedAction`."""

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, DirectRunner]:
        """Only what answers; the files are let go of once they are read."""
        path = Path(model_path)
        try:
            with TemporaryDirectory() as folder:
                metadata, runner = load_predict_graph_runner(Path(folder), path, AnsweringStorage, DaskGraphRunner)
        except tarfile.ReadError:
            raise EngineUnavailableError(
                f"{paths.shown(path)}: not a model that can be read; delete it and run `python -m bot train`."
            ) from None
        return path.name, metadata, DirectRunner(runner)

    def predict_next_with_tracker_if_should(self, tracker: Any) -> tuple[Action, Any]:
        """Rasa's prediction, with an action of ours in place of Rasa's remote one."""
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        if action.name() in self.domain.user_actions:
            action = TrustedAction(action.name(), self.action_endpoint)
        return action, prediction

    async def fetch_tracker_and_update_session(
        self, sender_id: str, output_channel: Any = None, metadata: Any = None
    ) -> Any:
        """An empty tracker: without memory there is no session to begin."""
        return await self.tracker_store.get_or_create_tracker(sender_id)

    async def run_action_extract_slots(self, output_channel: Any, tracker: Any) -> Any:
        """Nothing to extract: there are no slots."""
        return tracker

    def should_predict_another_action(self, action_name: str) -> bool:
        """One answer a turn: after an action of ours nothing is left to predict."""
        return action_name not in self.domain.user_actions and super().should_predict_another_action(action_name)


class RasaEngine:
    """An engine over a trained Rasa model; keeps nothing between turns."""

    def __init__(self, agent: Agent, processor: MessageProcessor) -> None:
        self._agent = agent
        self._processor = processor
        self._languages = read_languages()
        self.ready = True

    @classmethod
    def load(cls, path: Path) -> "RasaEngine":
        """Loads a model.

        Raises:
            EngineUnavailableError: There is no model, or it cannot be read.
        """
        if not path.exists():
            raise EngineUnavailableError("There is no trained model: run `python -m bot train`.")
        agent = Agent(action_endpoint=InProcessActions(), tracker_store=ForgetfulTrackerStore(Domain.empty()))
        processor = QuietProcessor(str(path), agent.tracker_store, agent.lock_store, agent.nlg, agent.action_endpoint)
        agent.processor = processor
        agent.domain = processor.domain
        return cls(agent, processor)

    async def turn(self, turn: Turn) -> Answer:
        """Answers one turn (see `bot.engine.Engine`)."""
        try:
            parsed = await self._parse(turn)
            ranking = {entry["name"]: float(entry["confidence"]) for entry in parsed["intent_ranking"]}
            turn = self._in_named_language(turn, parsed)
            if turn.choice is not None:
                parsed = await self._parse(turn)
            events = await self._act(turn, parsed)
        except Exception:
            # `from None`: the exception may hold what was typed.
            raise EngineUnavailableError("The engine failed.") from None
        said = [event["custom"] for event in events if "custom" in event]
        if not said:
            raise EngineUnavailableError("The engine said nothing.")
        intent = parsed["intent"]["name"]
        replies = tuple(Reply.from_event(event["reply"]) for event in said)
        talk = intent in TALK_TOPICS and turn.topic is not None
        remembered = turn.topic if talk or intent == FALLBACK_INTENT else replies[-1].topic
        return Answer(
            replies=replies,
            choices=tuple(dict.fromkeys(choice for event in said for choice in event["choices"])),
            topic=remembered,
            danger=intent in DANGER_INTENTS or _is_danger(turn.text, ranking),
            answered=intent != FALLBACK_INTENT,
            locale=turn.locale,
            ranking=ranking,
        )

    def _in_named_language(self, turn: Turn, parsed: Mapping[str, Any]) -> Turn:
        """“In Polish please”: the last answer again, or the greeting, in the language she names."""
        if turn.text is None or parsed["intent"]["name"] != CHANGE_LANGUAGE:
            return turn
        named = named_language(turn.text, self._languages)
        # “I do not speak English” names English too: whoever wants it finds it at the top of the page.
        if named in (None, SOURCE):
            return turn
        return replace(turn, text=None, choice=turn.topic or "greet", locale=str(named))

    async def _parse(self, turn: Turn) -> dict[str, Any]:
        if turn.choice is not None:
            intent = {"name": turn.choice, "confidence": 1.0}
            return {"intent": intent, "intent_ranking": [], "entities": [], "text": None}
        # Rasa would obey a text that begins with a slash as a command.
        text = (turn.text or "").strip().lstrip("/").strip()
        if not any(letter.isalnum() for letter in text):
            return _unsure()
        parsed: Mapping[str, Any] = await self._processor.parse_message(UserMessage(text))
        return {**parsed, **_carefully(parsed), "entities": [], "text": None}

    async def _act(self, turn: Turn, parsed: dict[str, Any]) -> list[dict[str, Any]]:
        channel = CollectingOutputChannel()
        message = UserMessage(
            text=None,
            output_channel=channel,
            sender_id=secrets.token_hex(8),
            parse_data=parsed,
            metadata=turn.metadata(),
        )
        await self._processor.handle_message(message)
        return list(channel.messages)


def _carefully(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """The likeliest intent and the ranking; where a wrong guess would wound, the next one, or a question back."""
    ranking = [entry for entry in parsed["intent_ranking"] if entry["name"] != FALLBACK_INTENT]
    first, second, *rest = ranking
    if first["confidence"] >= SURE_ENOUGH.get(first["name"], 0.0):
        return {"intent": parsed["intent"], "intent_ranking": ranking}
    reordered = [second, first, *rest]
    if second["confidence"] >= (1 - first["confidence"]) / 2:
        return {"intent": second, "intent_ranking": reordered}
    return {"intent": {"name": FALLBACK_INTENT, "confidence": first["confidence"]}, "intent_ranking": reordered}


def _is_danger(text: str | None, ranking: Mapping[str, float]) -> bool:
    likely = danger_in(ranking)
    return likely >= DANGER_THRESHOLD or (
        likely >= DANGER_THRESHOLD_WITH_WORDS and text is not None and speaks_of_danger(text)
    )


def _unsure() -> dict[str, Any]:
    """The parse of a text without a letter."""
    intent = {"name": FALLBACK_INTENT, "confidence": 1.0}
    return {"intent": intent, "intent_ranking": [], "entities": [], "text": None}
