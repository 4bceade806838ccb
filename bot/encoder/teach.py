"""Teaches the encoder our questions, then some of its layers the work of all: low-rank adapters, by PyTorch.

The word table stays as it is.
"""

import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from bot.encoder.adapters import Adapters, merged
from bot.encoder.lessons import Examples, Lesson, batches, long_message
from bot.encoder.tokens import END, Pieces
from bot.encoder.weights import EPSILON, HEADS, LAYERS, MATRICES, WIDTH, Floats, Weights
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
            filled = rows.new_zeros(count * length, WIDTH).index_copy(0, where, rows)
            return filled.view(count, length, HEADS, -1).transpose(1, 2)

        q, k, v = (spread(self.matrices[name](x)) for name in ("q", "k", "v"))
        scores = (q @ k.transpose(2, 3)) * (WIDTH // HEADS) ** -0.5
        seen = scores.masked_fill(~there[:, None, None, :], -math.inf).softmax(-1) @ v
        seen = seen.transpose(1, 2).reshape(-1, WIDTH)[where]
        x = functional.layer_norm(x + self.matrices["ao"](seen), (WIDTH,), self.aln_w, self.aln_b, EPSILON)
        inside = self.matrices["fo"](functional.gelu(self.matrices["fi"](x)))
        return functional.layer_norm(x + inside, (WIDTH,), self.oln_w, self.oln_b, EPSILON)


class Student(nn.Module):
    """Layers of the encoder, with adapters in the upper ones."""

    def __init__(
        self, weights: Weights, layers: Sequence[int], rank: int, *, first: int = 0, known: Adapters | None = None
    ) -> None:
        """Takes these layers as they were taught before (`known`), for good those below `first` or with rank 0."""
        super().__init__()
        self.register_buffer("words", torch.tensor(weights.matrix("emb.word", WIDTH)))
        places = weights.numbers("emb.pos").reshape(-1, WIDTH) + weights.numbers("emb.type")[:WIDTH]
        self.register_buffer("places", torch.tensor(places))
        for part in "wb":
            self.register_buffer(f"ln_{part}", torch.tensor(weights.numbers(f"emb.ln.{part}")))
        self.numbers, known = tuple(layers), known or {}
        self.layers = nn.ModuleList()
        for number in layers:
            stays = not rank or number < first
            stored = weights.layers[number]
            layer = Layer(merged(stored, known, number) if stays else stored, 0 if stays else rank)
            layer.remember({} if stays else known, number)
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
        """What was learnt (see `bot.encoder.adapters`)."""
        pairs = zip(self.numbers, self.layers, strict=True)
        return {f"l{number}.{name}": value for number, layer in pairs for name, value in layer.learnt().items()}


def teach(weights: Weights, examples: Examples, lesson: Lesson, others: Sequence[str]) -> dict[str, Floats]:
    """Trains adapters on examples; the same lesson, examples and machine give the same. On a GPU, if any.

    Args:
        weights: The encoder as it is.
        examples: What it is taught.
        lesson: How.
        others: Texts of any language, which are to keep their places.

    Returns:
        The adapters of the layers that stay.
    """
    return shorten(weights, teach_whole(weights, examples, lesson), examples, lesson, others)


def teach_whole(weights: Weights, examples: Examples, lesson: Lesson) -> dict[str, Floats]:
    """The first part: all layers learn to tell the intents (see `teach`)."""
    torch.manual_seed(lesson.seed)
    here = _here()
    student = Student(weights, range(LAYERS), lesson.rank, first=lesson.first).to(here)
    read = _reader(weights, lesson.longest)
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

    _learn("Teaching", [student, head], losses(), steps, lesson.rate, lesson.warmup)
    adapters: dict[str, Floats] = student.adapters()
    return adapters


def shorten(
    weights: Weights, known: Adapters, examples: Examples, lesson: Lesson, others: Sequence[str]
) -> dict[str, Floats]:
    """The second part: some layers learn to do the work of all, which were so taught (`known`; see `teach`)."""
    torch.manual_seed(lesson.seed)
    here, read = _here(), _reader(weights, lesson.short_longest)
    whole = Student(weights, range(LAYERS), 0, known=known).to(here)
    student = Student(weights, lesson.layers, lesson.short_rank, known=known)
    for layer in student.layers:
        layer.free()
    student.to(here)
    step = replace(lesson, intents=lesson.short_intents)
    steps = lesson.short_draws // (step.intents * step.forms)
    chance = random.Random(lesson.seed)  # noqa: S311  (no secret)

    def losses() -> Iterator[Tensor]:
        for spelt, plain, _ in batches(examples, _intents(examples), step, steps):
            beside = [long_message(examples, chance) for _ in range(lesson.short_strung)]
            beside += chance.sample(others, lesson.short_others)
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

    _learn("Shortening", [student], losses(), steps, lesson.short_rate, lesson.warmup)
    adapters: dict[str, Floats] = student.adapters()
    return adapters


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


def _reader(weights: Weights, longest: int) -> Callable[[Sequence[str]], list[list[int]]]:
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
