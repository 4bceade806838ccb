"""Teaches the encoder our questions, prunes it, teaches what is left the work of the whole: low-rank adapters.

By PyTorch. The word table stays as it is.
"""

import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from bot.content.examples import flat
from bot.encoder.adapters import Adapters, merged, pruned
from bot.encoder.lessons import Examples, Lesson, batches, long_message
from bot.encoder.tokens import END, Pieces
from bot.encoder.weights import EPSILON, HEAD_WIDTH, LAYERS, MATRICES, WIDTH, Floats, Weights
from bot.engine import DANGER_INTENTS


class Adapter(nn.Module):
    """A matrix that stays, and a low-rank change of it that is learnt."""

    def __init__(self, weight: Floats, bias: Floats, rank: int) -> None:
        """Changes nothing yet; with rank 0 it never will."""
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight))
        self.register_buffer("bias", torch.tensor(bias))
        self.rank = rank
        if rank:
            self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
            self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x: Tensor) -> Tensor:
        """The matrix and its change, applied to each row."""
        if not self.rank:
            return functional.linear(x, self.weight, self.bias)
        return functional.linear(x, self.weight, self.bias) + functional.linear(
            functional.linear(x, self.down), self.up
        )


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, stored: Mapping[str, Floats], rank: int) -> None:
        super().__init__()
        self.stored = stored
        self.matrices = nn.ModuleDict({n: Adapter(stored[f"{n}.w"], stored[f"{n}.b"], rank) for n in MATRICES})
        for norm in ("aln", "oln"):
            self.register_buffer(f"{norm}_w", torch.tensor(stored[f"{norm}.w"]))
            self.register_buffer(f"{norm}_b", torch.tensor(stored[f"{norm}.b"]))

    def free(self) -> None:
        """From now on its biases and layer norms learn as well."""
        for place, name, _ in self._vectors():
            setattr(place, name, nn.Parameter(place._buffers.pop(name)))

    def remember(self, known: Adapters, number: int) -> None:
        """Starts from adapters of a smaller rank."""
        with torch.no_grad():
            for name, matrix in self.matrices.items():
                if f"l{number}.{name}.up" in known:
                    down, up = (torch.tensor(known[f"l{number}.{name}.{part}"]) for part in ("down", "up"))
                    matrix.down[: len(down)] = down
                    matrix.up[:, : len(down)] = up
            for place, name, stored in self._vectors():
                if f"l{number}.{stored}" in known:
                    getattr(place, name).add_(torch.tensor(known[f"l{number}.{stored}"]))

    def learnt(self) -> dict[str, Floats]:
        """What is to be added to the numbers it had: `q.down`, `q.up`, `q.b` and so on."""
        found = {
            f"{name}.{part}": getattr(matrix, part).detach().cpu().numpy()
            for name, matrix in self.matrices.items()
            for part in ("down", "up")
            if matrix.rank
        }
        for place, name, stored in self._vectors():
            if name in place._parameters:
                found[stored] = getattr(place, name).detach().cpu().numpy() - self.stored[stored]
        return found

    def _vectors(self) -> list[tuple[nn.Module, str, str]]:
        """Its biases and layer norms: where each is kept, by which name, and its name in the wheel."""
        biases = [(matrix, "bias", f"{name}.b") for name, matrix in self.matrices.items()]
        return [*biases, *((self, f"{norm}_{part}", f"{norm}.{part}") for norm in ("aln", "oln") for part in "wb")]

    def forward(self, x: Tensor, where: Tensor, there: Tensor) -> Tensor:
        """Attention and feed-forward over the pieces of all texts, one a row, without filling.

        Args:
            x: Pieces × width.
            where: Place of each piece in the filled-up texts, taken as one row.
            there: Which places are filled by a piece (texts × length).
        """
        count, length = there.shape

        def spread(rows: Tensor) -> Tensor:
            filled = rows.new_zeros(count * length, rows.shape[1]).index_copy(0, where, rows)
            return filled.view(count, length, -1, HEAD_WIDTH).transpose(1, 2)

        q, k, v = (spread(self.matrices[name](x)) for name in ("q", "k", "v"))
        scores = (q @ k.transpose(2, 3)) * HEAD_WIDTH**-0.5
        seen = scores.masked_fill(~there[:, None, None, :], -math.inf).softmax(-1) @ v
        seen = seen.transpose(1, 2).reshape(count * length, -1)[where]
        x = functional.layer_norm(x + self.matrices["ao"](seen), (WIDTH,), self.aln_w, self.aln_b, EPSILON)
        inside = self.matrices["fo"](functional.gelu(self.matrices["fi"](x)))
        return functional.layer_norm(x + inside, (WIDTH,), self.oln_w, self.oln_b, EPSILON)


class Student(nn.Module):
    """The encoder, with adapters in its upper layers."""

    def __init__(self, weights: Weights, rank: int, *, first: int = 0, known: Adapters | None = None) -> None:
        """Starts as it was taught before (`known`); the layers below `first`, or all with rank 0, stay so."""
        super().__init__()
        self.register_buffer("words", torch.tensor(weights.matrix("emb.word", WIDTH)))
        places = weights.numbers("emb.pos").reshape(-1, WIDTH) + weights.numbers("emb.type")[:WIDTH]
        self.register_buffer("places", torch.tensor(places))
        for part in "wb":
            self.register_buffer(f"ln_{part}", torch.tensor(weights.numbers(f"emb.ln.{part}")))
        self.known, self.layers = known or {}, nn.ModuleList()
        for number, stored in enumerate(weights.layers):
            stays = not rank or number < first
            layer = Layer((merged if stays else pruned)(stored, self.known, number), 0 if stays else rank)
            layer.remember({} if stays else self.known, number)
            self.layers.append(layer)

    def forward(self, texts: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """What the last layer says of each piece (pieces × width), and unit vectors (texts × width).

        Args:
            texts: Texts as numbers of pieces.
        """
        here = self.words.device
        lengths = torch.tensor([len(text) for text in texts], device=here)
        there = torch.arange(int(lengths.max()), device=here) < lengths[:, None]
        where = there.flatten().nonzero().squeeze(1)
        numbers = torch.tensor([number for text in texts for number in text], device=here)
        x = self.words[numbers] + self.places[where % there.shape[1]]
        x = functional.layer_norm(x, (WIDTH,), self.ln_w, self.ln_b, EPSILON)
        for layer in self.layers:
            x = layer(x, where, there)
        sums = x.new_zeros(len(texts), WIDTH).index_add(0, where // there.shape[1], x)
        return x, functional.normalize(sums / lengths[:, None], dim=-1)

    def adapters(self) -> dict[str, Floats]:
        """What stayed and was learnt (see `bot.encoder.adapters`)."""
        stayed = {name: value for name, value in self.known.items() if name.endswith((".heads", ".inside"))}
        return stayed | {
            f"l{number}.{name}": value
            for number, layer in enumerate(self.layers)
            for name, value in layer.learnt().items()
        }


def teach(weights: Weights, examples: Examples, lesson: Lesson, others: Sequence[str]) -> dict[str, Floats]:
    """Trains adapters on examples; the same lesson, examples and machine give the same. On a GPU, if any.

    Args:
        weights: The encoder as it is.
        examples: What it is taught.
        lesson: How.
        others: Texts of any language, which are to keep their places.

    Returns:
        The adapters of what is left.
    """
    return teach_pruned(weights, teach_whole(weights, examples, lesson), examples, lesson, others)


def teach_whole(weights: Weights, examples: Examples, lesson: Lesson) -> dict[str, Floats]:
    """The first part: the whole learns to tell the intents (see `teach`)."""
    torch.manual_seed(lesson.seed)
    here = _here()
    student = Student(weights, lesson.rank, first=lesson.first).to(here)
    read = reader(weights, lesson.longest)
    intents = _intents(examples)
    head = _first_head(student, read, examples, intents).to(here)
    heavy = torch.tensor([lesson.danger if intent in DANGER_INTENTS else 1.0 for intent in intents], device=here)
    steps = lesson.draws // (lesson.intents * lesson.forms)

    def losses() -> Iterator[Tensor]:
        for texts, _, names in batches(examples, intents, lesson, steps):
            labels = torch.tensor([intents.index(name) for name in names], device=here)
            _, vectors = student(read(texts))
            named = functional.cross_entropy(head(vectors), labels, heavy, label_smoothing=lesson.smoothing)
            yield named + lesson.together * _apart(vectors, labels, lesson.warmth)

    _learn("Whole", [student, head], losses(), steps, lesson.rate, lesson.warmup)
    adapters: dict[str, Floats] = student.adapters()
    return adapters


def teach_pruned(
    weights: Weights, known: Adapters, examples: Examples, lesson: Lesson, others: Sequence[str]
) -> dict[str, Floats]:
    """The second part: what is left learns to do the work of the whole, so taught (`known`; see `teach`)."""
    torch.manual_seed(lesson.seed)
    here, read = _here(), reader(weights, lesson.pruned_longest)
    whole = Student(weights, 0, known=known).to(here)
    student = Student(weights, lesson.pruned_rank, known=prune(whole, known, _usual(examples, others), lesson, read))
    for layer in student.layers:
        layer.free()
    student.to(here)
    step = replace(lesson, intents=lesson.pruned_intents)
    steps = lesson.pruned_draws // (step.intents * step.forms)
    chance = random.Random(lesson.seed)  # noqa: S311  (no secret)

    def losses() -> Iterator[Tensor]:
        for spelt, plain, _ in batches(examples, _intents(examples), step, steps):
            beside = [long_message(examples, chance) for _ in range(lesson.pruned_strung)]
            beside += chance.sample(others, lesson.pruned_others)
            seen, meant = read([*spelt, *beside]), read([*plain, *beside])
            pieces, vectors = student(seen)
            with torch.no_grad():
                whole_pieces, whole_vectors = whole(meant)
            # However a text is spelt, its place is where the whole encoder has it as it is.
            likeness = (vectors * whole_vectors).sum(1).mean()
            alike = [one == other for one, other in zip(seen, meant, strict=True)]
            closeness = functional.cosine_similarity(
                pieces[_places(alike, seen)], whole_pieces[_places(alike, meant)], dim=-1
            ).mean()
            yield lesson.likeness * (1 - likeness) + lesson.closeness * (1 - closeness)

    _learn("Pruned", [student], losses(), steps, lesson.pruned_rate, lesson.warmup)
    adapters: dict[str, Floats] = student.adapters()
    return adapters


def prune(
    whole: Student, known: Adapters, texts: Sequence[str], lesson: Lesson, read: Callable[..., list[list[int]]]
) -> dict[str, Floats]:
    """Leaves each layer those heads and neurons whose share in what it says varies most over these texts.

    What the others say on the average is added to the biases (Molchanov et al., ICLR 2017, without the gradient).

    Args:
        whole: The encoder.
        known: Its adapters.
        texts: Some of what it will read.
        lesson: How many stay.
        read: Turns texts into numbers of pieces.
    """
    parts = (("ao", HEAD_WIDTH, "qkv", "heads", lesson.heads), ("fo", 1, ("fi",), "inside", lesson.inside))
    moments = {
        (number, after): _Moments(layer.matrices[after], size)
        for number, layer in enumerate(whole.layers)
        for after, size, *_ in parts
    }
    with torch.no_grad():
        for start in tqdm(range(0, len(texts), 32), desc="Pruning", unit="batch", file=sys.stderr):
            whole(read(texts[start : start + 32]))
    found = dict(known)
    for number in range(LAYERS):
        for after, size, before, name, counts in parts:
            stay, bias = moments[number, after].busiest(counts[number])
            found |= {f"l{number}.{name}": stay.astype(np.float32), f"l{number}.{after}.b": bias}
            places = (stay[:, None] * size + np.arange(size)).ravel()
            if f"l{number}.{after}.down" in known:
                found[f"l{number}.{after}.down"] = known[f"l{number}.{after}.down"][:, places]
                found |= {f"l{number}.{part}.up": known[f"l{number}.{part}.up"][places] for part in before}
    return found


class _Moments:
    """What a matrix is fed: the mean of each number, and how those of one head vary together."""

    def __init__(self, matrix: Adapter, size: int) -> None:
        self._weight, self._size, self._count = matrix.weight, size, 0
        self._sum, self._products = torch.zeros(()), torch.zeros(())
        self._hook = matrix.register_forward_pre_hook(self._see)

    def _see(self, _: nn.Module, given: tuple[Tensor]) -> None:
        parts = given[0].view(len(given[0]), -1, self._size)
        self._count += len(parts)
        self._sum = self._sum.to(parts.device) + parts.sum(0)
        self._products = self._products.to(parts.device) + torch.einsum("nga,ngb->gab", parts, parts)

    def busiest(self, count: int) -> tuple[NDArray[np.int64], Floats]:
        """The numbers of those parts that stay, and what the others add on the average."""
        self._hook.remove()
        mean = self._sum / self._count
        spread = self._products / self._count - mean[:, :, None] * mean[:, None, :]
        weight = self._weight.view(len(self._weight), *mean.shape)
        shares = torch.einsum("oga,gab,ogb->g", weight, spread, weight)
        stay = shares.topk(count).indices.sort().values
        mean[stay] = 0
        return stay.cpu().numpy(), torch.einsum("oga,ga->o", weight, mean).cpu().numpy()


def _usual(examples: Examples, others: Sequence[str]) -> list[str]:
    """Some of what will be read: examples, long messages and texts of any language."""
    chance = random.Random(7)  # noqa: S311  (no secret)
    texts = [text for _, text, _ in flat(examples)]
    strung = [long_message(examples, chance) for _ in range(60)]
    return [*chance.sample(texts, min(1200, len(texts))), *strung, *chance.sample(others, min(300, len(others)))]


def _here() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _intents(examples: Examples) -> list[str]:
    return sorted({intent for group in examples.values() for intent in group})


def _places(taken: Sequence[bool], texts: Sequence[Sequence[int]]) -> Tensor:
    """Of all pieces, which belong to the texts that are taken."""
    return torch.tensor([take for take, text in zip(taken, texts, strict=True) for _ in text])


def _learn(
    name: str, students: Sequence[nn.Module], losses: Iterator[Tensor], steps: int, rate: float, warmup: float
) -> None:
    """Takes a step for each loss, with progress on standard error."""
    learnt = [each for student in students for each in student.parameters() if each.requires_grad]
    adam = torch.optim.AdamW(learnt, lr=rate, weight_decay=0.01)
    rates = torch.optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=steps, pct_start=warmup)
    with tqdm(total=steps, desc=name, unit="step", file=sys.stderr, mininterval=5) as progress:
        for loss in losses:
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learnt, 1.0)
            adam.step()
            rates.step()
            progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
            progress.update()


def reader(weights: Weights, longest: int) -> Callable[[Sequence[str]], list[list[int]]]:
    """Texts as numbers of pieces, cut at the longest that is read."""
    pieces = Pieces(weights.pieces, weights.scores.tolist(), weights.letters)

    def read(texts: Sequence[str]) -> list[list[int]]:
        return [n if len(n) <= longest else [*n[: longest - 1], END] for n in pieces(texts)]

    return read


def _first_head(
    student: Student, read: Callable[[Sequence[str]], list[list[int]]], examples: Examples, intents: Sequence[str]
) -> nn.Linear:
    """A head that already knows what the encoder as it is can tell, so that the first steps do no harm."""
    from sklearn.linear_model import LogisticRegression

    cells = [(text, intent) for group in examples.values() for intent, texts in group.items() for text in texts[:1]]
    with torch.no_grad():
        parts = [student(read([text for text, _ in cells[at : at + 64]]))[1] for at in range(0, len(cells), 64)]
    known = LogisticRegression(C=60, max_iter=200).fit(
        torch.cat(parts).cpu().numpy(), [intent for _, intent in cells]
    )
    head = nn.Linear(WIDTH, len(intents))
    with torch.no_grad():
        head.weight.copy_(torch.tensor(known.coef_))
        head.bias.copy_(torch.tensor(known.intercept_))
    return head


def _apart(vectors: Tensor, labels: Tensor, warmth: float) -> Tensor:
    """Supervised contrastive loss (Khosla et al., NeurIPS 2020): one intent's texts near, others' far."""
    alone = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    scores = (vectors @ vectors.T / warmth).masked_fill(alone, -math.inf)
    shares = scores.log_softmax(1).masked_fill(alone, 0)
    same = (labels[:, None] == labels) & ~alone
    return -(shares * same).sum() / same.sum().clamp(min=1)
