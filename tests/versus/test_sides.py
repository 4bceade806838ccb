"""The folders of both sides, and how each is asked and read."""

import sys
from pathlib import Path

import pytest

from bot import paths
from bot.content.replies import Content
from bot.engine import Turn
from bot.versus import environment, sides
from bot.versus.examples import Examples

HERE = Path(sys.prefix)
"""Our own environment has the same Rasa, and so the same default."""


@pytest.fixture(scope="module")
def part() -> Examples:
    return {"ur": {"housing": ["آج رات کہاں سوؤں؟"]}, "pl": {"housing": ["Gdzie mogę spać?", "Nie mam dokąd pójść"]}}


@pytest.fixture
def stock(tmp_path: Path, part: Examples) -> sides.Side:
    return sides.stock(tmp_path, HERE, part)


@pytest.mark.rasa
def test_the_configuration_is_rasas_default() -> None:
    """What stock Rasa is trained with is what Rasa takes where a project names nothing."""
    from rasa.engine.recipes.default_recipe import DefaultV1Recipe

    config = environment.stock_config(HERE)
    default = DefaultV1Recipe.complete_config({}, {"pipeline", "policies"})
    assert config["recipe"] == DefaultV1Recipe.name
    assert config["pipeline"] == default["pipeline"]
    assert config["policies"] == default["policies"]


def test_a_hurried_trial_changes_the_epochs_alone() -> None:
    """`--quick` is the same pipeline."""
    usual, hurried = environment.stock_config(HERE), environment.stock_config(HERE, epochs=3)
    assert {c["epochs"] for c in hurried["pipeline"] if "epochs" in c} == {3}
    assert [c["name"] for c in hurried["pipeline"]] == [c["name"] for c in usual["pipeline"]]


def test_the_stock_project_reads_as_a_rasa_project(stock: sides.Side, tmp_path: Path) -> None:
    """Our domain and rules, the default configuration, the REST channel, our actions' address."""
    assert (tmp_path / "domain.yml").read_bytes() == paths.DOMAIN.read_bytes()
    assert (tmp_path / "data/rules.yml").read_bytes() == paths.RULES.read_bytes()
    assert paths.read_mapping(tmp_path / "credentials.yml")[0] == {"rest": None}
    port = stock.servers[0].arguments[-1]
    assert paths.read_mapping(tmp_path / "endpoints.yml")[0] == {
        "action_endpoint": {"url": f"http://127.0.0.1:{port}/webhook"}
    }


def test_a_tap_is_an_intent_to_stock_rasa(stock: sides.Side) -> None:
    """What ours takes as `choice`, Rasa takes as a slash and the intent; the rest goes as metadata."""
    body = stock.door.body(Turn(None, "housing", "ur"), "talk")
    assert body == {
        "sender": "talk",
        "message": "/housing",
        "metadata": {"locale": "ur", "nation": None, "topic": None},
    }


def test_both_say_the_same_alike(stock: sides.Side, tmp_path: Path, content: Content) -> None:
    """One reply, once through Rasa's event and once over our wire, reads the same."""
    reply = content.reply("housing", locale="ur", nation=None)
    ours = sides.ours(tmp_path / "ours", {}, name="ours")
    (theirs,) = stock.door.said([{"recipient_id": "talk", "custom": {"reply": reply.as_event(), "choices": []}}])
    (mine,) = ours.door.said({"replies": [reply.on_the_wire()]})
    assert sides.words_of(theirs) == sides.words_of(mine)
    assert theirs["topic"] == "housing"


def test_words_in_plain_text_are_no_answer(stock: sides.Side) -> None:
    """Rasa's apology for an action server that is not there does not count."""
    assert stock.door.said([{"recipient_id": "talk", "text": "sorry"}]) == []


def test_ours_is_a_whole_program_of_its_own(tmp_path: Path, part: Examples) -> None:
    """It has its own examples, the encoder and no model: nothing of it reaches the folder it was copied from."""
    side = sides.ours(tmp_path / "ours", part, name="ours")
    assert side.training is not None
    assert {command.folder for command in (side.training, *side.servers)} == {tmp_path / "ours"}
    assert [path.name for path in (tmp_path / "ours/models").iterdir()] == [paths.encoder_path().name]
    assert side.examples == 3


def test_everything_ours_is_trained_on_is_copied() -> None:
    """The copy takes the same model's name, so a file that makes it may not be forgotten."""
    for path in paths.TRAINED_ON:
        assert path.relative_to(paths.ROOT).parts[0] in sides.OURS


def test_a_kept_model_is_brought_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all examples and the model that is there, the copy is served under the name the model has, untrained."""
    kept = [tmp_path / name for name in ("amaan-kept.tar.gz", "detector-kept.npz")]
    for path in kept:
        path.write_bytes(path.name.encode())
    monkeypatch.setattr(paths, "model_path", lambda: kept[0])
    monkeypatch.setattr(paths, "detector_path", lambda: kept[1])
    side = sides.ours(tmp_path / "ours", None, name="ours", keep=True)
    assert side.training is None
    for path in kept:
        assert (tmp_path / "ours/models" / path.name).read_bytes() == path.name.encode()
    whole = {path.name: path.read_bytes() for path in paths.NLU.glob("*.yml")}
    assert {path.name: path.read_bytes() for path in (tmp_path / "ours/data/nlu").glob("*.yml")} == whole


def test_what_stock_rasa_learned_is_kept_for_the_same_examples_only(tmp_path: Path, part: Examples) -> None:
    """The next run with the same examples need not train; one example more, and it must."""

    def side(name: str, examples: Examples) -> sides.Side:
        (tmp_path / name).mkdir()
        return sides.stock(tmp_path / name, tmp_path / "environment", examples)

    default = "lib/python3.10/site-packages/rasa/engine/recipes/config_files/default_config.yml"
    (found,) = HERE.glob(default.replace("3.10", "3*"))
    (tmp_path / "environment" / default).parent.mkdir(parents=True)
    (tmp_path / "environment" / default).write_bytes(found.read_bytes())
    first = side("first", part)
    assert first.training is not None
    assert first.kept is not None
    first.kept.models.mkdir()
    (first.kept.models / "stock.tar.gz").write_bytes(b"learned")
    first.kept.keep(3071.25)
    again = side("again", part)
    assert again.training is None
    assert again.kept is not None
    assert again.kept.seconds() == 3071.2
    assert (tmp_path / "again/models/stock.tar.gz").read_bytes() == b"learned"
    assert side("other", {"ur": {"housing": ["گھر نہیں"]}}).training is not None
