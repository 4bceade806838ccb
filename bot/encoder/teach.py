"""Teaches the encoder our questions: low-rank adapters, by PyTorch, on `data/nlu`; the word table stays as it is."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from bot.encoder.lessons import Examples, Lesson, batches
from bot.encoder.tokens import END, Pieces
from bot.encoder.weights import EPSILON, HEADS, MATRICES, WIDTH, Floats, Weights
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
    """The encoder with adapters in its upper layers."""

    def __init__(self, weights: Weights, rank: int, first: int) -> None:
        super().__init__()
        self.register_buffer("words", torch.tensor(weights.matrix("emb.word", WIDTH)))
        places = weights.numbers("emb.pos").reshape(-1, WIDTH) + weights.numbers("emb.type")[:WIDTH]
        self.register_buffer("places", torch.tensor(places))
        for part in "wb":
            self.register_buffer(f"ln_{part}", torch.tensor(weights.numbers(f"emb.ln.{part}")))
        self.layers = nn.ModuleList(
            Layer(stored, rank if number >= first else 0) for number, stored in enumerate(weights.layers)
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
        """What was learnt: `l0.q.down` (rank × in), `l0.q.up` (out × rank), and so on."""
        return {
            f"l{number}.{name}.{part}": getattr(layer.matrices[name], part).detach().cpu().numpy()
            for number, layer in enumerate(self.layers)
            for name in MATRICES
            for part in ("down", "up")
            if layer.matrices[name].rank
        }


def teach(weights: Weights, examples: Examples, lesson: Lesson) -> dict[str, Floats]:
    """Trains adapters on examples; the same lesson, examples and machine give the same. On a GPU, if any.

    Args:
        weights: The encoder as it is.
        examples: What it is taught.
        lesson: How.

    Returns:
        The adapters (see `Student.adapters`).
    """
    torch.manual_seed(lesson.seed)
    here = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    student = Student(weights, lesson.rank, lesson.first).to(here)
    pieces = Pieces(weights.pieces, weights.scores.tolist(), weights.letters)
    read = _reader(pieces, lesson.longest)
    intents = sorted({intent for group in examples.values() for intent in group})
    head = _first_head(student, read, examples, intents).to(here)
    heavy = torch.tensor([lesson.danger if intent in DANGER_INTENTS else 1.0 for intent in intents], device=here)
    learnt = [p for p in student.parameters() if p.requires_grad]
    steps = lesson.draws // (lesson.intents * lesson.forms)
    adam = torch.optim.AdamW([*learnt, *head.parameters()], lr=lesson.rate, weight_decay=0.01)
    rates = torch.optim.lr_scheduler.OneCycleLR(adam, lesson.rate, total_steps=steps, pct_start=lesson.warmup)
    with tqdm(total=steps, desc="Teaching", unit="step", file=sys.stderr, mininterval=5) as progress:
        for texts, names in batches(examples, intents, lesson, steps):
            labels = torch.tensor([intents.index(name) for name in names], device=here)
            vectors = student(read(texts))
            loss = functional.cross_entropy(
                head(vectors), labels, heavy, label_smoothing=lesson.smoothing
            ) + lesson.together * _apart(vectors, labels, lesson.warmth)
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learnt, 1.0)
            adam.step()
            rates.step()
            progress.set_postfix(loss=f"{loss.item():.2f}", refresh=False)
            progress.update()
    adapters: dict[str, Floats] = student.adapters()
    return adapters


def _reader(pieces: Pieces, longest: int) -> Callable[[Sequence[str]], list[list[int]]]:
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
        parts = [student(read([text for text, _ in cells[at : at + 64]])) for at in range(0, len(cells), 64)]
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
