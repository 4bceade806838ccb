"""What the encoder keeps and was taught: low-rank changes of its matrices, in git, with a card that says whence."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError  # type: ignore[attr-defined]
from safetensors.numpy import load_file, save

from bot import paths
from bot.encoder.weights import HEADS, WIDTH, Floats
from bot.errors import EncoderError, Problem

MOST_BYTES = 5_000_000
"""It is kept in git."""

Adapters = Mapping[str, Floats]
"""What a layer keeps, and what is added to it: the numbers of its heads (`l3.heads`) and of its neurons between the
two products of the feed-forward (`l3.inside`), all where there are none; for a matrix `l3.q.down` (rank × in) and
`l3.q.up` (out × rank), for a bias `l3.q.b`, for a layer norm `l3.aln.w`."""


def pruned(layer: Mapping[str, Floats], adapters: Adapters, number: int) -> dict[str, Floats]:
    """A layer with only those heads and neurons that stay."""
    found, each = dict(layer), np.arange(WIDTH).reshape(HEADS, -1)
    if f"l{number}.heads" in adapters:
        kept = each[adapters[f"l{number}.heads"].astype(int)].ravel()
        for part in "qkv":
            found |= {f"{part}.w": layer[f"{part}.w"][kept], f"{part}.b": layer[f"{part}.b"][kept]}
        found["ao.w"] = layer["ao.w"][:, kept]
    if f"l{number}.inside" in adapters:
        kept = adapters[f"l{number}.inside"].astype(int)
        found |= {"fi.w": layer["fi.w"][kept], "fi.b": layer["fi.b"][kept], "fo.w": layer["fo.w"][:, kept]}
    return found


def merged(layer: Mapping[str, Floats], adapters: Adapters, number: int) -> dict[str, Floats]:
    """What stays of a layer, with what it was taught added to its numbers."""
    found = pruned(layer, adapters, number)
    for name, value in found.items():
        whole, thin = f"l{number}.{name}", f"l{number}.{name.removesuffix('.w')}"
        if whole in adapters:
            found[name] = value + adapters[whole]
        elif f"{thin}.up" in adapters:
            found[name] = value + adapters[f"{thin}.up"] @ adapters[f"{thin}.down"]
    return found


def read_adapters(path: Path = paths.ADAPTER) -> dict[str, Floats]:
    """What was taught; nothing where there is no file: then the encoder is the plain one.

    Raises:
        EncoderError: The file is damaged.
    """
    if not path.exists():
        return {}
    try:
        return {name: value.astype(np.float32) for name, value in load_file(path).items()}
    except SafetensorError:
        raise EncoderError(f"{paths.shown(path)}: is damaged; bring it back from git, or teach anew.") from None


def write_adapters(adapters: Adapters, card: Mapping[str, Any], path: Path = paths.ADAPTER) -> None:
    """Writes what was taught, in half precision (which holds whole numbers up to 2,048 as they are), and its card.

    Raises:
        EncoderError: It is too large for git.
    """
    raw = save({name: value.astype(np.float16) for name, value in sorted(adapters.items())})
    if len(raw) > MOST_BYTES:
        raise EncoderError(f"The adapters take {len(raw):,} bytes; at most {MOST_BYTES:,}: choose a smaller rank.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    digest = hashlib.sha256(raw).hexdigest()
    card_of(path).write_text(json.dumps({"adapter": digest, **card}, indent=2, ensure_ascii=False) + "\n", "utf-8")


def card_of(path: Path = paths.ADAPTER) -> Path:
    """Where the card of adapters stands."""
    return path.with_name("card.json")


def example_digests() -> dict[str, str]:
    """SHA-256 of each file of examples, by written form."""
    return {
        source.stem: hashlib.sha256(source.read_bytes()).hexdigest() for source in sorted(paths.NLU.glob("*.yml"))
    }


def find_stale(path: Path = paths.ADAPTER) -> list[Problem]:
    """What of the adapters no longer fits the examples: no fault, for a new example may stay untaught for a while."""
    if not path.exists():
        return []
    where, remedy = paths.shown(card_of(path)), "`python -m bot encoder teach` teaches it anew (some three hours)"
    try:
        card = json.loads(card_of(path).read_text("utf-8"))
        taught, adapter = dict(card["examples"]), card["adapter"]
    except (OSError, ValueError, KeyError, TypeError):
        return [Problem(where, "cannot be read", remedy)]
    if adapter != hashlib.sha256(path.read_bytes()).hexdigest():
        return [Problem(where, f"is the card of other adapters than {paths.shown(path)}", remedy)]
    now = example_digests()
    moved = sorted(form for form in {*now, *taught} if now.get(form) != taught.get(form))
    if not moved:
        return []
    return [Problem(where, f"the examples have moved on since the encoder was taught ({', '.join(moved)})", remedy)]
