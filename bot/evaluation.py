"""How well it understands: questions nobody trained on, by language."""

import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bot import paths
from bot.engine import DANGER_INTENTS, FALLBACK_INTENT, NEVER_REASSURED, Answer, Turn
from bot.errors import BotError, ContentError, Problem
from bot.i18n import SOURCE, locale_of, read_languages, tag_of
from bot.workers import EnginePool

FIGURES_BEGIN, FIGURES_END = "<!-- figures -->", "<!-- end of figures -->"

TEMPLATE = Path(__file__).parent / "gateway" / "templates" / "evaluation.html"


@dataclass(frozen=True)
class Question:
    """A question and what it asks.

    Args:
        text: As it would be typed.
        locale: The language or written form (`ur_Latn`), in Babel's spelling.
        intents: The right intents, the first the chief one.
    """

    text: str
    locale: str
    intents: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of one question.

    Args:
        question: The question.
        guess: The likeliest intent, answered or not.
        right: Whether it is among the right ones.
        within_three: Whether one of the three likeliest is.
        answered: Whether it was answered rather than asked back.
        danger: Whether the emergency card was shown.
        reassured_wrongly: Answered from elsewhere, without emergency card and without the right topic as a choice.
        confidence: Probability of the guess.
    """

    question: Question
    guess: str
    right: bool
    within_three: bool
    answered: bool
    danger: bool
    reassured_wrongly: bool
    confidence: float


@dataclass(frozen=True)
class Scores:
    """Shares (0 to 1) over some questions; None where there is nothing to share."""

    questions: int
    right: float | None
    within_three: float | None
    answered: float | None
    right_when_answered: float | None
    danger_found: float | None
    false_alarms: float | None
    wrong_reassurance: float | None

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "Scores":
        """The scores of some outcomes."""
        danger = [o for o in outcomes if o.question.intents[0] in DANGER_INTENTS]
        calm = [o for o in outcomes if not set(o.question.intents) & set(DANGER_INTENTS)]
        grave = [o for o in outcomes if o.question.intents[0] in NEVER_REASSURED]
        return cls(
            questions=len(outcomes),
            right=_share(o.right for o in outcomes),
            within_three=_share(o.within_three for o in outcomes),
            answered=_share(o.answered for o in outcomes),
            right_when_answered=_share(o.right for o in outcomes if o.answered),
            danger_found=_share(o.danger for o in danger),
            false_alarms=_share(o.danger for o in calm),
            wrong_reassurance=_share(o.reassured_wrongly for o in grave),
        )


def _share(marks: Iterable[bool]) -> float | None:
    values = list(marks)
    return sum(values) / len(values) if values else None


def read_questions(path: Path, intents: Iterable[str]) -> list[Question]:
    """The questions of a file: YAML of intent → texts, its name the locale, or JSON Lines.

    Raises:
        ContentError: Names the line or intent at fault; never a question.
    """
    known = set(intents)
    read = _from_lines if path.suffix == ".jsonl" else _from_mapping
    questions: list[Question] = []
    problems: list[Problem] = []
    for where, text, locale, right in read(path, problems):
        unknown = [name for name in right if name not in known]
        if not isinstance(text, str) or not text.strip():
            problems.append(Problem(where, "has no text", "a question"))
        elif unknown or not right:
            problems.append(Problem(where, "names no intent of domain.yml", "see shared/design/intents.md"))
        else:
            questions.append(Question(text, locale, right))
    if problems:
        raise ContentError(problems)
    return questions


def read_folder(folder: Path, intents: Iterable[str]) -> list[Question]:
    """The questions of a folder, a file for each written form (see `read_questions`)."""
    known = set(intents)
    return [question for path in sorted(folder.glob("*.yml")) for question in read_questions(path, known)]


def _from_mapping(path: Path, problems: list[Problem]) -> Iterable[tuple[str, Any, str, tuple[str, ...]]]:
    raw, faults = paths.read_mapping(path)
    problems += faults
    for intent, texts in raw.items():
        if not isinstance(texts, list):
            problems.append(Problem(f"{paths.shown(path)}: {intent}", "is no list", "a list of questions"))
            continue
        for number, text in enumerate(texts, 1):
            yield f"{paths.shown(path)}: {intent} {number}", text, path.stem, (intent,)


def _from_lines(path: Path, problems: list[Problem]) -> Iterable[tuple[str, Any, str, tuple[str, ...]]]:
    shape = 'a line such as {"text": "…", "lang": "ur-Latn", "intent": "housing", "also": []}'
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{paths.shown(path)}:{number}"
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            right = (entry["intent"], *entry.get("also", ()))
            locale = locale_of(entry["lang"])
        except (ValueError, KeyError, TypeError, AttributeError):
            problems.append(Problem(where, "cannot be read", shape))
            continue
        if not all(isinstance(name, str) for name in right):
            problems.append(Problem(where, "names an intent that is no string", shape))
            continue
        yield where, entry.get("text"), locale, right


def as_turn(question: Question, languages: Collection[str]) -> Turn:
    """A question as a first message, in the language of ours that is nearest to its own."""
    nearest = (question.locale, question.locale.split("_")[0])
    return Turn(question.text, None, next((locale for locale in nearest if locale in languages), SOURCE))


async def ask_all(model: Path, questions: Sequence[Question], processes: int) -> list[Outcome]:
    """Asks every question, each as a first message, with progress on standard error.

    Args:
        model: The trained model.
        questions: What is asked.
        processes: How many engines answer, each on a core of its own.

    Returns:
        What came of each, in their order.

    Raises:
        EngineUnavailableError: The model cannot be loaded, or failed at a question.
    """
    languages, pool = read_languages(), EnginePool("bot.embedded:RasaEngine.load", model, processes)
    # Twice as many as engines: one waits at each, and none is given up for having waited long.
    turns = asyncio.Semaphore(2 * processes)

    async def ask(question: Question) -> Outcome:
        async with turns:
            answer = await pool.turn(as_turn(question, languages))
        progress.update()
        return outcome(question, answer)

    await pool.start()
    try:
        await pool.until_ready()
        with tqdm(total=len(questions), desc="Questions", unit="question", file=sys.stderr) as progress:
            return list(await asyncio.gather(*map(ask, questions)))
    finally:
        await pool.stop()


def outcome(question: Question, answer: Answer) -> Outcome:
    """What an answer is worth as an answer to a question."""
    ranking = [name for name in answer.ranking if name != FALLBACK_INTENT]
    right = set(question.intents)
    elsewhere = answer.answered and ranking[0] not in right
    return Outcome(
        question=question,
        guess=ranking[0],
        right=ranking[0] in right,
        within_three=not right.isdisjoint(ranking[:3]),
        answered=answer.answered,
        danger=answer.danger,
        reassured_wrongly=elsewhere and not answer.danger and right.isdisjoint(answer.choices),
        confidence=answer.ranking[ranking[0]],
    )


def by_language(outcomes: Sequence[Outcome]) -> dict[str, Scores]:
    """Scores by language tag, and their plain mean over languages as `mean`."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for result in outcomes:
        groups[tag_of(result.question.locale)].append(result)
    scores = {tag: Scores.of(group) for tag, group in sorted(groups.items())}
    scores["mean"] = _mean(list(scores.values()))
    return scores


def _mean(scores: Sequence[Scores]) -> Scores:
    columns: dict[str, Any] = {}
    for name in Scores.__dataclass_fields__:
        values = [getattr(score, name) for score in scores if getattr(score, name) is not None]
        columns[name] = sum(values) / len(values) if values else None
    return Scores(**{**columns, "questions": sum(score.questions for score in scores)})


HEADINGS = {
    "questions": "questions",
    "right": "right",
    "within_three": "within three",
    "answered": "answered",
    "right_when_answered": "right when answered",
    "danger_found": "danger found",
    "false_alarms": "false alarms",
    "wrong_reassurance": "wrong reassurance",
}


def table(scores: Mapping[str, Scores]) -> list[str]:
    """The scores as a table in Markdown."""
    lines = ["| language | " + " | ".join(HEADINGS.values()) + " |", "|---" * (len(HEADINGS) + 1) + "|"]
    for tag, score in scores.items():
        cells = [_cell(getattr(score, name)) for name in HEADINGS]
        lines.append(f"| {tag} | " + " | ".join(cells) + " |")
    return lines


def write_table(scores: Mapping[str, Scores], path: Path, *, today: str) -> None:
    """Puts the table between the marks of a page, with the day.

    Raises:
        BotError: The page has no such marks.
    """
    page = path.read_text(encoding="utf-8")
    before, opening, rest = page.partition(FIGURES_BEGIN)
    _, closing, after = rest.partition(FIGURES_END)
    if not closing:
        raise BotError(
            f"{paths.shown(path)}: has no {FIGURES_BEGIN} … {FIGURES_END}; put them where the table belongs"
        )
    body = "\n".join([f"Measured on {today} by `python -m bot evaluate`.", "", *table(scores)])
    path.write_text(f"{before}{opening}\n{body}\n{closing}{after}", encoding="utf-8")


def _cell(value: float | int | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.1%}"


def as_json(scores: Mapping[str, Scores]) -> str:
    """The scores for machines."""
    return json.dumps({tag: asdict(score) for tag, score in scores.items()}, indent=1)


def confusions(outcomes: Sequence[Outcome]) -> Counter[tuple[str, str]]:
    """How often an intent was taken for another: (right, guess) → times."""
    return Counter((o.question.intents[0], o.guess) for o in outcomes if not o.right)


def write_report(outcomes: Sequence[Outcome], folder: Path, *, today: str) -> Path:
    """Writes a page with the table and a picture of what is taken for what; never a question itself."""
    import jinja2

    folder.mkdir(parents=True, exist_ok=True)
    draw_confusions(outcomes, folder / "confusions.png")
    pairs = confusions(outcomes).most_common(30)
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = _cell
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        scores=by_language(outcomes), headings=HEADINGS, pairs=pairs, today=today
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def draw_confusions(outcomes: Sequence[Outcome], path: Path) -> None:
    """A square for each pair of intents: the darker, the more often the row's questions were taken for the column."""
    from matplotlib.figure import Figure

    names = sorted({o.question.intents[0] for o in outcomes} | {o.guess for o in outcomes})
    place = {name: number for number, name in enumerate(names)}
    counts = [[0.0] * len(names) for _ in names]
    totals = Counter(o.question.intents[0] for o in outcomes)
    for o in outcomes:
        row = o.question.intents[0]
        counts[place[row]][place[row if o.right else o.guess]] += 1 / totals[row]
    figure = Figure(figsize=(14, 13), layout="tight")
    axes = figure.add_subplot()
    picture = axes.imshow(counts, cmap="magma_r", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    figure.colorbar(picture, shrink=0.6, label="share of the row")
    figure.savefig(path, dpi=80)
