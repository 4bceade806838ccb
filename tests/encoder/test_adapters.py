"""What was taught, and its card."""

import json
from pathlib import Path

import numpy as np
import pytest

from bot import paths
from bot.encoder import adapters
from bot.encoder.weights import INSIDE, LAYERS, MATRICES, WIDTH
from bot.errors import EncoderError

CARD = {"date": "2026-11-28", "examples": adapters.example_digests()}


def some(rank: int = 2) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(7)
    return {
        "l3.q.down": generator.normal(size=(rank, WIDTH)).astype(np.float32),
        "l3.q.up": generator.normal(size=(WIDTH, rank)).astype(np.float32),
    }


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """In half precision."""
    path = tmp_path / "encoder" / "adapter.safetensors"
    adapters.write_adapters(some(), CARD, path)
    read = adapters.read_adapters(path)
    assert all(np.allclose(read[name], value, rtol=1e-3) for name, value in some().items())
    assert json.loads(adapters.card_of(path).read_text("utf-8"))["date"] == "2026-11-28"
    assert adapters.find_stale(path) == []


def test_no_file_is_the_plain_encoder(tmp_path: Path) -> None:
    """Nothing was taught; no fault."""
    assert adapters.read_adapters(tmp_path / "none") == {}
    assert adapters.find_stale(tmp_path / "none") == []


def test_it_stays_small_enough_for_git(tmp_path: Path) -> None:
    """Five megabytes, else it is refused and nothing is written."""
    path = tmp_path / "adapter.safetensors"
    with pytest.raises(EncoderError, match="smaller rank"):
        adapters.write_adapters({"l0.q.down": np.zeros((7000, WIDTH), np.float32)}, CARD, path)
    assert not path.exists()


def test_a_damaged_file_is_said_so(tmp_path: Path) -> None:
    """Not a traceback, and never a half-taught encoder."""
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(b"damaged")
    with pytest.raises(EncoderError, match="damaged"):
        adapters.read_adapters(path)


def test_the_card_tells_which_examples_have_moved_on(tmp_path: Path) -> None:
    """By language, as a warning."""
    path = tmp_path / "adapter.safetensors"
    adapters.write_adapters(some(), {**CARD, "examples": {**adapters.example_digests(), "pl": "other"}}, path)
    (warning,) = adapters.find_stale(path)
    assert "(pl)" in warning.fault


@pytest.mark.parametrize("card", ["", "{}", "[]", '{"examples": 7, "adapter": ""}'])
def test_a_bad_card_is_a_warning_too(tmp_path: Path, card: str) -> None:
    """It stops nobody from answering."""
    path = tmp_path / "adapter.safetensors"
    adapters.write_adapters(some(), CARD, path)
    adapters.card_of(path).write_text(card, "utf-8")
    (warning,) = adapters.find_stale(path)
    assert "cannot be read" in warning.fault


def test_adapters_of_another_file_are_found_out(tmp_path: Path) -> None:
    """A card says what one file was taught, and no other."""
    path = tmp_path / "adapter.safetensors"
    adapters.write_adapters(some(), CARD, path)
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")
    assert "other adapters" in adapters.find_stale(path)[0].fault


def test_ours_fit_the_encoder() -> None:
    """Thin matrices of the right shapes for matrices that there are, and a card with its figures."""
    read = adapters.read_adapters()
    assert read
    for name, value in read.items():
        layer, matrix, part = name.split(".")
        wide = INSIDE if (matrix, part) in {("fi", "up"), ("fo", "down")} else WIDTH
        assert int(layer[1:]) < LAYERS and matrix in MATRICES
        assert wide in value.shape
    card = json.loads(adapters.card_of().read_text("utf-8"))
    assert {"date", "lesson", "examples"} <= card.keys()
    assert paths.ADAPTER.stat().st_size <= adapters.MOST_BYTES
