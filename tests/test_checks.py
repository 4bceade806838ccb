"""For each rule one test that it speaks, and one that it keeps silent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot import paths
from bot.checks import check, check_catalog, check_examples, check_rules, check_topics
from bot.content.examples import read_questions
from bot.content.replies import Content
from bot.i18n import Language


def test_everything_of_ours_is_clean() -> None:
    """`python -m bot check` finds nothing."""
    assert not [str(problem) for problem in check()]


def with_topic(content: Content, **changes: object) -> list[str]:
    from dataclasses import replace

    topic = replace(content.topics["privacy"], **changes)  # type: ignore[arg-type]
    return [str(p) for p in check_topics(replace(content, topics={"privacy": topic}))]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"say": ("word " * 41,)}, "has 41 words"),
        ({"say": ("Ring 0808 2000 247.",)}, "holds a telephone number"),
        ({"say": ("One.",) * 5}, "has too many paragraphs"),
        ({"facts": ()}, "rests on no fact"),
        ({"next": ("nonsense",)}, "is no intent"),
    ],
)
def test_a_topic_out_of_shape_is_found(content: Content, changes: dict[str, object], fault: str) -> None:
    """Too long, a telephone number, too much, no fact, an unknown question."""
    assert any(fault in found for found in with_topic(content, **changes))


@pytest.mark.parametrize("text", ["Ring 999, or 101, and press 55.", "In 2023 it was 207 in two years."])
def test_short_numbers_and_years_are_no_telephone_numbers(content: Content, text: str) -> None:
    """999, 101, 55 and figures may stand in an answer."""
    assert not any("telephone" in found for found in with_topic(content, say=(text,)))


EXAMPLES = 'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n'


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["hello"], "has 1 examples"),
        (["salam", "Salam!"], "stands already under `greet`"),
        (["[Ali](name) hello"], "holds markup"),
        (["/restart"], "holds markup"),
    ],
)
def test_a_bad_example_is_found(tmp_path: Path, lines: list[str], fault: str) -> None:
    """Too few, twice the same, markup."""
    path = tmp_path / "ur.yml"
    path.write_text(EXAMPLES + "".join(f"    - {line}\n" for line in lines), "utf-8")
    assert any(fault in str(p) for p in check_examples(path, frozenset({"greet"})))


def test_good_examples_are_left_alone(tmp_path: Path) -> None:
    """Twelve different ones are enough outside English, eighteen about danger."""
    path = tmp_path / "ur.yml"
    path.write_text(EXAMPLES + "".join(f"    - salam number {n} ji\n" for n in range(12)), "utf-8")
    assert not check_examples(path, frozenset({"greet"}))
    path.write_text(path.read_text("utf-8").replace("greet", "self_harm"), "utf-8")
    assert any("write at least 18" in str(p) for p in check_examples(path, frozenset({"self_harm"})))


@pytest.mark.parametrize("change", [str, str.upper, lambda text: f"{text}!!", lambda text: text[:-1]])
def test_a_held_out_question_may_not_be_an_example(tmp_path: Path, change: Callable[[str], str]) -> None:
    """Nor may one that nearly is: a model that has seen its test proves nothing."""
    question = read_questions(paths.QUESTIONS / "en.yml")["housing"][-1]
    path = tmp_path / "en.yml"
    path.write_text(EXAMPLES + f"    - {change(question)}\n", "utf-8")
    assert any("held-out questions (housing" in str(p) for p in check_examples(path, frozenset({"greet"})))


def test_a_language_without_held_out_questions_is_found(tmp_path: Path) -> None:
    """What is not tested is not known to work."""
    path = tmp_path / "xx.yml"
    path.write_text(EXAMPLES, "utf-8")
    assert any("tests/questions/xx.yml: is missing" in str(p) for p in check_examples(path, frozenset({"greet"})))


def test_an_intent_without_a_rule_is_found() -> None:
    """A forgotten rule would leave a question without an answer."""
    assert any("`nonsense` has 0 rules" in str(p) for p in check_rules(frozenset({"nonsense"})))


def catalog_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, translation: str) -> list[str]:
    from bot import paths

    path = tmp_path / "messages.po"
    path.write_text(f'msgid "Ring 999 on {{date}}."\nmsgstr "{translation}"\n', "utf-8")
    monkeypatch.setattr(paths, "catalog_path", lambda locale: path)
    return [str(p) for p in check_catalog(Language("ur", "draft", "plain", None))]


def test_a_lost_number_or_placeholder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A translation that loses 999 could cost a life."""
    assert any("lost the number 999" in f for f in catalog_faults(tmp_path, monkeypatch, "{date} کو فون کریں"))
    assert any("{date}" in f for f in catalog_faults(tmp_path, monkeypatch, "999 پر فون کریں"))


def test_a_whole_translation_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers may stand anywhere in the sentence."""
    assert not catalog_faults(tmp_path, monkeypatch, "{date} کو 999 پر فون کریں۔")
