"""Teaches the encoder our questions and makes it half as deep: low-rank adapters, by PyTorch, on `data/nlu`.

The word table stays as it is.
"""

import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from bot.encoder.adapters import Adapters, joined, merged
from bot.encoder.lessons import Examples, Lesson, batches
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
        self.matrices = nn.ModuleDict({n: Adapter(stored[f"{n}.w"], stored[f"{n}.b"], rank) for n in MATRICES})
        for norm in ("aln", "oln"):
            self.register_buffer(f"{norm}_w", torch.tensor(stored[f"{norm}.w"]))
            self.register_buffer(f"{norm}_b", torch.tensor(stored[f"{norm}.b"]))

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
        self, weights: Weights, layers: Sequence[int], rank: int, *, first: int = 0, known: Adapters
    ) -> None:
        """Takes the layers as they were taught before (`known`), with new adapters from the layer `first`."""
        super().__init__()
        self.register_buffer("words", torch.tensor(weights.matrix("emb.word", WIDTH)))
        places = weights.numbers("emb.pos").reshape(-1, WIDTH) + weights.numbers("emb.type")[:WIDTH]
        self.register_buffer("places", torch.tensor(places))
        for part in "wb":
            self.register_buffer(f"ln_{part}", torch.tensor(weights.numbers(f"emb.ln.{part}")))
        self.numbers = tuple(layers)
        self.layers = nn.ModuleList(
            Layer(merged(weights.layers[number], known, number), rank if number >= first else 0) for number in layers
        )

    def forward(self, texts: Sequence[Sequence[int]]) -> Tensor:
        """Unit vectors (texts × width) of texts as numbers of pieces."""
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
        return functional.normalize(sums / lengths[:, None], dim=-1)

    def adapters(self) -> dict[str, Floats]:
        """What was learnt: `l3.q.down` (rank × in), `l3.q.up` (out × rank), and so on."""
        return {
            f"l{number}.{name}.{part}": getattr(layer.matrices[name], part).detach().cpu().numpy()
            for number, layer in zip(self.numbers, self.layers, strict=True)
            for name in MATRICES
            for part in ("down", "up")
            if layer.matrices[name].rank
        }


def teach(weights: Weights, examples: Examples, lesson: Lesson, others: Sequence[str]) -> dict[str, Floats]:
    """Trains adapters on examples; the same lesson, examples and machine give the same. On a GPU, if any.

    Args:
        weights: The encoder as it is.
        examples: What it is taught.
        lesson: How.
        others: Texts of any language, which are to keep their places.

    Returns:
        The adapters of the layers that stay (see `Student.adapters`).
    """
    return shorten(weights, teach_whole(weights, examples, lesson), examples, lesson, others)


def teach_whole(weights: Weights, examples: Examples, lesson: Lesson) -> dict[str, Floats]:
    """The first part: all layers learn to tell the intents (see `teach`)."""
    room = _Room(weights, examples, lesson)
    student = Student(weights, range(LAYERS), lesson.rank, first=lesson.first, known={}).to(room.here)
    head = room.first_head(student)

    def losses() -> Iterator[Tensor]:
        for spelt, _, names in room.batches(lesson.draws):
            vectors, labels = student(room.read(spelt)), room.labels(names)
            yield room.named(head, vectors, labels) + lesson.together * _apart(vectors, labels, lesson.warmth)

    room.learn("Teaching", lesson.draws, [student, head], losses())
    adapters: dict[str, Floats] = student.adapters()
    return adapters


def shorten(
    weights: Weights, known: Adapters, examples: Examples, lesson: Lesson, others: Sequence[str]
) -> dict[str, Floats]:
    """The second part: some layers learn to do what all do that were so taught (see `teach`)."""
    room = _Room(weights, examples, lesson)
    whole = Student(weights, range(LAYERS), 0, known=known).to(room.here)
    student = Student(weights, lesson.layers, lesson.short_rank, known=known).to(room.here)
    head = room.first_head(whole)
    chance = random.Random(lesson.seed)  # noqa: S311  (no secret)

    def losses() -> Iterator[Tensor]:
        for spelt, texts, names in room.batches(lesson.short_draws):
            beside = chance.sample(others, lesson.short_others)
            vectors = student(room.read([*spelt, *beside]))
            # However a text is spelt, its place is where the whole encoder has it as it is.
            places = whole(room.read([*texts, *beside]))
            likeness = (vectors * places).sum(1).mean()
            named = room.named(head, vectors[: len(texts)], room.labels(names))
            yield lesson.likeness * (1 - likeness) + lesson.named * named

    room.learn("Shortening", lesson.short_draws, [student, head], losses())
    return joined(known, student.adapters())


class _Room:
    """What both parts of a lesson need."""

    def __init__(self, weights: Weights, examples: Examples, lesson: Lesson) -> None:
        torch.manual_seed(lesson.seed)
        self.here = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._examples, self._lesson = examples, lesson
        self._pieces = Pieces(weights.pieces, weights.scores.tolist(), weights.letters)
        self._intents = sorted({intent for group in examples.values() for intent in group})
        heavy = [lesson.danger if intent in DANGER_INTENTS else 1.0 for intent in self._intents]
        self._heavy = torch.tensor(heavy, device=self.here)

    def read(self, texts: Sequence[str]) -> list[list[int]]:
        """Texts as numbers of pieces, cut at the longest that is read."""
        longest = self._lesson.longest
        return [n if len(n) <= longest else [*n[: longest - 1], END] for n in self._pieces(texts)]

    def batches(self, draws: int) -> Iterator[tuple[list[str], list[str], list[str]]]:
        """See `bot.encoder.lessons.batches`."""
        return batches(self._examples, self._intents, self._lesson, self._steps(draws))

    def labels(self, names: Sequence[str]) -> Tensor:
        """The numbers of intents."""
        return torch.tensor([self._intents.index(name) for name in names], device=self.here)

    def named(self, head: nn.Linear, vectors: Tensor, labels: Tensor) -> Tensor:
        """How far the head is from telling the intents of vectors."""
        return functional.cross_entropy(head(vectors), labels, self._heavy, label_smoothing=self._lesson.smoothing)

    def first_head(self, student: Student) -> nn.Linear:
        """A head that already knows what an encoder can tell, so that the first steps do no harm."""
        from sklearn.linear_model import LogisticRegression

        groups = self._examples.values()
        cells = [(text, intent) for group in groups for intent, texts in group.items() for text in texts[:1]]
        with torch.no_grad():
            parts = [student(self.read([text for text, _ in cells[at : at + 64]])) for at in range(0, len(cells), 64)]
        vectors, intents = torch.cat(parts).cpu().numpy(), [intent for _, intent in cells]
        known = LogisticRegression(C=60, max_iter=200).fit(vectors, intents)
        head = nn.Linear(WIDTH, len(self._intents))
        with torch.no_grad():
            head.weight.copy_(torch.tensor(known.coef_))
            head.bias.copy_(torch.tensor(known.intercept_))
        return head.to(self.here)

    def learn(self, name: str, draws: int, students: Sequence[nn.Module], losses: Iterator[Tensor]) -> None:
        """Takes a step for each loss, with progress on standard error."""
        learnt = [each for student in students for each in student.parameters() if each.requires_grad]
        adam = torch.optim.AdamW(learnt, lr=self._lesson.rate, weight_decay=0.01)
        rates = torch.optim.lr_scheduler.OneCycleLR(
            adam, self._lesson.rate, total_steps=self._steps(draws), pct_start=self._lesson.warmup
        )
        with tqdm(total=self._steps(draws), desc=name, unit="step", file=sys.stderr, mininterval=5) as progress:
            for loss in losses:
                adam.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(learnt, 1.0)
                adam.step()
                rates.step()
                progress.set_postfix(loss=f"{loss.item():.2f}", refresh=False)
                progress.update()

    def _steps(self, draws: int) -> int:
        return draws // (self._lesson.intents * self._lesson.forms)


def _apart(vectors: Tensor, labels: Tensor, warmth: float) -> Tensor:
    """Supervised contrastive loss (Khosla et al., NeurIPS 2020): one intent's texts near, others' far."""
    alone = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    scores = (vectors @ vectors.T / warmth).masked_fill(alone, -math.inf)
    shares = scores.log_softmax(1).masked_fill(alone, 0)
    same = (labels[:, None] == labels) & ~alone
    return -(shares * same).sum() / same.sum().clamp(min=1)
