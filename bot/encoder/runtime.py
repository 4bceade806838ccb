"""Texts to sentence vectors: the built encoder, run by ONNX Runtime on one thread."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache as once
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tqdm import tqdm

from bot import paths
from bot.encoder.tokens import Pieces
from bot.errors import EncoderError

Vectors = NDArray[np.float32]

DIMENSIONS = 384
GRAPH, PIECES = "encoder.onnx", "pieces.npz"
"""The files of a built encoder."""

BATCH = 16
"""Texts of one length that are encoded together."""


class Encoder:
    """A built encoder, loaded.

    Args:
        folder: Where it was built; the usual place by default.

    Raises:
        EncoderError: It is not there.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or paths.encoder_path()
        if not (folder / GRAPH).exists():
            raise EncoderError("There is no encoder for this code: run `python -m bot encoder build`.")
        with np.load(folder / PIECES) as stored:
            pieces = stored["pieces"].tobytes().decode().split("\n")
            letters, prefix = json.loads(stored["letters"].tobytes()), stored["prefix"].tobytes().decode()
            self._pieces = Pieces(pieces, stored["scores"].tolist(), letters, prefix)
        options = onnxruntime.SessionOptions()
        # One thread: the machine's other cores answer other people, and a process with threads cannot be forked.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(str(folder / GRAPH), options, ["CPUExecutionProvider"])

    def numbers(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of the pieces of each text, as the graph takes them."""
        return self._pieces(texts)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, one row each (n × 384)."""
        numbers = self.numbers(texts)
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for place in _batches(numbers):
            vectors[place] = self._run([numbers[at] for at in place])
        return vectors

    def encode_many(self, texts: Sequence[str]) -> Vectors:
        """The same on all cores, with progress on standard error."""
        numbers = self.numbers(texts)
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        batches = _batches(numbers)
        with (
            ThreadPoolExecutor(os.cpu_count()) as threads,
            tqdm(total=len(texts), desc="Sentence vectors", unit="text", file=sys.stderr) as progress,
        ):
            found = threads.map(self._run, ([numbers[at] for at in place] for place in batches))
            for place, rows in zip(batches, found, strict=True):
                vectors[place] = rows
                progress.update(len(place))
        return vectors

    def _run(self, numbers: list[list[int]]) -> Vectors:
        vectors: Vectors = self._session.run(None, {"ids": np.array(numbers, np.int64)})[0]
        return vectors


def _batches(numbers: Iterable[Sequence[int]]) -> list[list[int]]:
    """Places of texts with equally many pieces, so that nothing need be filled up."""
    by_length: dict[int, list[int]] = {}
    for place, text in enumerate(numbers):
        by_length.setdefault(len(text), []).append(place)
    return [group[at : at + BATCH] for group in by_length.values() for at in range(0, len(group), BATCH)]


@once
def encoder() -> Encoder:
    """The encoder of this code, loaded once a process."""
    return Encoder()
