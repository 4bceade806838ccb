"""What answering never needs is not loaded; whoever asks for it gets the real thing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import paths
from bot.content.examples import read_examples, read_questions
from bot.slim import put_off

TELLS_WHEN_LOADED = "import os\nos.environ['AMAAN_LOADED'] = 'yes'\nANSWER = 42\n"

RANKINGS = """
import asyncio, json, sys
if sys.argv[1] == "whole":
    import rasa.utils.train_utils, rasa.core.channels, rasa.core.jobs, rasa.core.test
from bot import paths
from bot.embedded import RasaEngine
from bot.engine import Turn
engine = RasaEngine.load(paths.model_path())
answers = [asyncio.run(engine.turn(Turn(text, None, "en"))) for text in json.load(sys.stdin)]
print(json.dumps({
    "answers": [[answer.topic, answer.danger, list(answer.ranking.items())] for answer in answers],
    "loaded": [name for name in ("tensorflow", "keras", "jax", "matplotlib", "prompt_toolkit", "apscheduler")
               if name in sys.modules],
    "mapped": "libtensorflow" in open("/proc/self/maps").read(),
}))
"""

DIET = """recipe: default.v1
assistant_id: amaan
language: xx
pipeline:
  - name: WhitespaceTokenizer
  - name: CountVectorsFeaturizer
  - name: DIETClassifier
    epochs: 1
    entity_recognition: false
    run_eagerly: true
  - name: FallbackClassifier
"""


def run(*arguments: str, folder: Path = paths.ROOT, given: str = "") -> str:
    """What a fresh Python prints; a failure shows what it said."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        # Threads that wait for each other on a busy machine make a turn take seconds.
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false", "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that tells when it is loaded."""
    package = tmp_path / "slim_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "heavy.py").write_text(TELLS_WHEN_LOADED, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("AMAAN_LOADED", "no")
    yield "slim_package.heavy"
    for name in ("slim_package", "slim_package.heavy"):
        sys.modules.pop(name, None)


def test_a_module_put_off_loads_when_something_is_asked_of_it(module: str) -> None:
    """Importing it is free; using it loads the real one, whole."""
    put_off(module)
    import slim_package.heavy as heavy  # type: ignore[import-not-found]

    assert os.environ["AMAAN_LOADED"] == "no"
    assert heavy.ANSWER == 42
    assert os.environ["AMAAN_LOADED"] == "yes"
    with pytest.raises(AttributeError):
        heavy.NOTHING  # noqa: B018


def test_looking_through_all_modules_loads_none(module: str) -> None:
    """pytest and unittest ask every module for `__warningregistry__`."""
    put_off(module)
    assert not hasattr(sys.modules[module], "__warningregistry__")
    assert os.environ["AMAAN_LOADED"] == "no"


def test_a_module_that_is_not_there_cannot_be_put_off() -> None:
    """A newer Rasa that has moved a module says so at once."""
    with pytest.raises(ModuleNotFoundError, match=r"rasa\.nowhere"):
        put_off("rasa.nowhere")


@pytest.mark.rasa
@pytest.mark.trained
def test_tensorflow_is_not_there_and_the_answers_are_the_same(model: Path) -> None:
    """Some dozens of held-out questions, answered without it and with it."""
    # One of each language.
    questions = [next(iter(read_questions(path).values()))[0] for path in sorted(paths.QUESTIONS.glob("*.yml"))]
    assert len(questions) > 24
    slim, whole = (json.loads(run("-c", RANKINGS, how, given=json.dumps(questions))) for how in ("slim", "whole"))
    assert (slim["loaded"], slim["mapped"]) == ([], False)
    assert "tensorflow" in whole["loaded"]
    assert whole["mapped"]
    assert slim["answers"] == whole["answers"]


@pytest.mark.rasa
def test_the_rasa_command_line_has_the_real_tensorflow() -> None:
    """What a `rasa` command loads of ours puts nothing off."""
    code = """
import bot.memory, bot.nlu.classifier, bot.nlu.featurizer, bot.nlu.spelling, bot.nlu.tokenizer
import rasa.__main__, rasa.core.train, rasa.core.run, rasa.utils.train_utils, sys
print(sys.modules["tensorflow"].keras.callbacks.Callback.__name__, "bot.slim" in sys.modules)
"""
    assert run("-c", code).split() == ["Callback", "False"]


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """Our project with three English examples an intent, understood by Rasa's own DIETClassifier."""
    for name in ("bot", "actions", "locales", "data", "config.yml", "domain.yml", "endpoints.yml"):
        (tmp_path / name).symlink_to(paths.ROOT / name)
    for name in ("bot", "data"):
        (tmp_path / name).unlink()
        (tmp_path / name).mkdir()
        for path in (paths.ROOT / name).iterdir():
            (tmp_path / name / path.name).symlink_to(path)
    # `bot.paths` finds the project from where it stands.
    for path in (paths.ROOT / "bot").glob("*.py"):
        (tmp_path / "bot" / path.name).unlink()
        (tmp_path / "bot" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "data" / "nlu").unlink()
    (tmp_path / "data" / "nlu").mkdir()
    blocks = [
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts[:3])
        for intent, texts in read_examples(paths.NLU / "en.yml").items()
    ]
    (tmp_path / "data" / "nlu" / "en.yml").write_text('version: "3.1"\nnlu:\n' + "".join(blocks), encoding="utf-8")
    _, policies = (paths.ROOT / "config.yml").read_text(encoding="utf-8").split("\npolicies:")
    (tmp_path / "config.yml").unlink()
    (tmp_path / "config.yml").write_text(f"{DIET}\npolicies:{policies}", encoding="utf-8")
    return tmp_path


@pytest.mark.rasa
@pytest.mark.trained
def test_a_component_that_needs_tensorflow_gets_it(small_project: Path) -> None:
    """`train` works whole, and who puts DIETClassifier into config.yml is served all the same, only later."""
    assert "Trained: models/amaan-" in run("-m", "bot", "train", folder=small_project)
    given = json.dumps(["will I be deported if I report him"])
    answered = json.loads(run("-c", RANKINGS, "slim", folder=small_project, given=given))
    [[_, _, ranking]] = answered["answers"]
    assert len(ranking) > 2
    assert "tensorflow" in answered["loaded"]
