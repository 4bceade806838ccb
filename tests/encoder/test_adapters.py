"""What was taught, and its card."""

import json
from pathlib import Path

import numpy as np
import pytest

from bot import paths
from bot.encoder import adapters
from bot.encoder.weights import INSIDE, LAYERS, MATRICES, WIDTH, Weights
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


def test_what_was_taught_is_added_to_the_matrix() -> None:
    """The product of the two thin matrices; the rest stays."""
    layer = {"q.w": np.eye(4, dtype=np.float32), "q.b": np.ones(4, np.float32)}
    taught = {"l3.q.down": np.ones((1, 4), np.float32), "l3.q.up": np.ones((4, 1), np.float32)}
    assert np.array_equal(adapters.merged(layer, taught, 3)["q.w"], np.eye(4) + 1)
    assert np.array_equal(adapters.merged(layer, taught, 2)["q.w"], np.eye(4))
    assert np.array_equal(adapters.merged(layer, taught, 3)["q.b"], np.ones(4))


def test_biases_and_layer_norms_are_taught_as_well() -> None:
    """They are no matrices: what was learnt is added as it is."""
    layer = {"q.w": np.eye(4, dtype=np.float32), "q.b": np.ones(4, np.float32), "aln.w": np.ones(4, np.float32)}
    found = adapters.merged(layer, {"l3.q.b": np.full(4, 2, np.float32), "l3.aln.w": np.ones(4, np.float32)}, 3)
    assert np.array_equal(found["q.b"], np.full(4, 3)) and np.array_equal(found["aln.w"], np.full(4, 2))
    assert np.array_equal(found["q.w"], np.eye(4))


def a_layer() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(5)
    wide = {"fi": (INSIDE, WIDTH), "fo": (WIDTH, INSIDE)}
    shapes = {name: wide.get(name, (WIDTH, WIDTH)) for name in MATRICES}
    matrices = {f"{name}.w": generator.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return matrices | {
        f"{name}.b": generator.normal(size=shape[0]).astype(np.float32) for name, shape in shapes.items()
    }


def test_a_head_goes_whole() -> None:
    """Its queries, keys and values, and what is made of them; the others and all else stay."""
    layer = a_layer()
    found = adapters.pruned(layer, {"l3.heads": np.array([0, 2], np.float32)}, 3)
    stay = [*range(32), *range(64, 96)]
    for part in "qkv":
        assert np.array_equal(found[f"{part}.w"], layer[f"{part}.w"][stay])
        assert np.array_equal(found[f"{part}.b"], layer[f"{part}.b"][stay])
    assert np.array_equal(found["ao.w"], layer["ao.w"][:, stay])
    assert all(np.array_equal(found[name], layer[name]) for name in ("ao.b", "fi.w", "fi.b", "fo.w", "fo.b"))


def test_a_neuron_goes_whole() -> None:
    """What comes in and what goes out; the others and all else stay."""
    layer = a_layer()
    found = adapters.pruned(layer, {"l3.inside": np.array([1, 1535], np.float32)}, 3)
    assert np.array_equal(found["fi.w"], layer["fi.w"][[1, 1535]])
    assert np.array_equal(found["fi.b"], layer["fi.b"][[1, 1535]])
    assert np.array_equal(found["fo.w"], layer["fo.w"][:, [1, 1535]])
    assert all(np.array_equal(found[name], layer[name]) for name in ("q.w", "k.b", "ao.w", "ao.b", "fo.b"))


def test_a_layer_of_which_nothing_is_said_stays_whole() -> None:
    """So does every layer of the plain encoder."""
    layer = a_layer()
    found = adapters.pruned(layer, {"l2.heads": np.array([0], np.float32)}, 3)
    assert found.keys() == layer.keys() and all(found[name] is layer[name] for name in layer)


def test_what_is_left_is_taught_as_it_is() -> None:
    """A change is as wide as what it changes."""
    taught = {
        "l3.inside": np.array([4], np.float32),
        "l3.fi.down": np.ones((1, WIDTH), np.float32),
        "l3.fi.up": np.ones((1, 1), np.float32),
        "l3.fi.b": np.ones(1, np.float32),
    }
    layer = a_layer()
    found = adapters.merged(layer, taught, 3)
    assert np.array_equal(found["fi.w"], layer["fi.w"][[4]] + 1) and found["fi.b"] == layer["fi.b"][4] + 1


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
    layers = Weights.read().layers
    for number, layer in enumerate(layers):
        found = adapters.merged(layer, read, number)
        heads, inside = len(read[f"l{number}.heads"]), len(read[f"l{number}.inside"])
        assert found["q.w"].shape == found["ao.w"].T.shape == (32 * heads, WIDTH)
        assert found["fi.w"].shape == found["fo.w"].T.shape == (inside, WIDTH)
        assert all(np.isfinite(value).all() for value in found.values())
    known = {*MATRICES, "aln", "oln", "heads", "inside"}
    assert {name.split(".")[0] for name in read} == {f"l{number}" for number in range(LAYERS)}
    assert {name.split(".")[1] for name in read} == known
    card = json.loads(adapters.card_of().read_text("utf-8"))
    assert {"date", "lesson", "examples"} <= card.keys()
    assert paths.ADAPTER.stat().st_size <= adapters.MOST_BYTES
