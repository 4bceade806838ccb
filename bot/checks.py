"""Every rule our data keeps; returns all faults at once, in one sentence each."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ruamel.yaml import YAML

from bot import paths
from bot.content import limits
from bot.content.examples import alike, groups, plain, read_examples, read_questions
from bot.content.replies import Content
from bot.content.topics import TALK_TOPICS, Topic
from bot.engine import DANGER_INTENTS, FALLBACK_INTENT
from bot.errors import ContentError, Problem
from bot.i18n import SOURCE, Language, messages_of, read_catalog

MAX_WORDS = 40
"""Words of a paragraph."""

MOST = {"say": 4, "do": 5}
"""Paragraphs of a part."""

FEWEST_EXAMPLES = {SOURCE: 40}
"""Examples an intent has at least, by language; the danger intents half as many again."""

FEWEST_ROMANISED, FEWEST_ELSEWHERE = 20, 12

FEWEST_QUESTIONS = 2
"""Held-out questions of an intent in a language."""

SHORT_NUMBERS = frozenset({"999", "101", "55", "18000", "111"})
"""Numbers that may stand in a topic; all others stand in `organisations.yml`."""

PHONE = re.compile(r"\+?\d(?:[\s-]?\d){5,}")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
PLACEHOLDER = re.compile(r"\{\w+\}")
MARKUP = re.compile(r"\]\(|\]\{|[{}]")


def check(locale: str | None = None) -> list[Problem]:
    """Every fault in the files that are changed without Python.

    Args:
        locale: Only what concerns this language; None for everything.
    """
    try:
        content = Content.read()
    except ContentError as error:
        return error.problems
    problems: list[Problem] = []
    if locale is None:
        problems += check_topics(content)
        problems += check_rules(content.intents)
        problems += check_template()
    for language in content.languages.values():
        if language.status != "source" and locale in (None, language.locale):
            problems += check_catalog(language)
    for path in sorted(paths.NLU.glob("*.yml")):
        if locale is None or path.stem.split("_")[0] == locale.split("_")[0]:
            problems += check_examples(path, content.intents)
    return sorted(problems)


def check_topics(content: Content) -> list[Problem]:
    """The shape of what we say."""
    excepted = {entry["text"] for entry in read_exceptions()}
    problems = [
        Problem(paths.shown(paths.EXCEPTIONS), "excepts a paragraph that is nowhere", "remove the entry")
        for text in excepted - {text for topic in content.topics.values() for _, text in topic.paragraphs()}
    ]
    for topic in content.topics.values():
        problems += _topic_faults(topic, content)
        problems += _limit_faults(topic, content, excepted)
    return problems


def reading_grades() -> list[tuple[str, float]]:
    """Each answer and the school year in which it can be read, hardest first; age is the year plus five."""
    grades = [(topic.name, limits.grade(topic)) for topic in Content.read().topics.values()]
    return sorted(grades, key=lambda entry: -entry[1])


def read_exceptions() -> list[dict[str, str]]:
    """Paragraphs that may hold refused words, each with its reason."""
    return list(YAML(typ="safe", pure=True).load(paths.EXCEPTIONS.read_text(encoding="utf-8")) or [])


def _limit_faults(topic: Topic, content: Content, excepted: set[str]) -> Iterator[Problem]:
    where = f"data/topics/{topic.name}.yml"
    for place, text in topic.paragraphs():
        if text not in excepted:
            for words in limits.forbidden(text):
                remedy = "say what is known and who can advise, or give a reason in data/exceptions.yml"
                yield Problem(f"{where}: {place}", f"promises or advises: “{words}”", remedy)
    if topic.name not in TALK_TOPICS:
        for place, figure in limits.unfounded_figures(topic, content.facts):
            yield Problem(f"{where}: {place}", f"“{figure}” is in none of its facts", "add the fact, or take it out")
    if limits.lacks_caution(topic, content.facts):
        yield Problem(where, "rests on recalled facts without cautious words", "write “as far as we know”")
    for nation in (None, *topic.nations):
        grade = limits.grade(topic, nation)
        if grade > limits.HARDEST_GRADE:
            remedy = f"at most {limits.HARDEST_GRADE}: shorter words and sentences"
            yield Problem(f"{where}: {nation or 'say, do'}", f"reads at school year {grade:.1f}", remedy)
    if topic.reviewed and not topic.is_signed(content.facts):
        yield Problem(f"{where}: reviewed", "the words or facts changed since", "have it read and signed again")


def _topic_faults(topic: Topic, content: Content) -> Iterator[Problem]:
    where = f"data/topics/{topic.name}.yml"
    if topic.name not in {*content.intents, *TALK_TOPICS}:
        yield Problem(where, "is named like no intent", "name it as in domain.yml")
    if topic.name not in TALK_TOPICS and not (topic.facts and topic.as_of):
        yield Problem(where, "rests on no fact", "list the ids of its facts and the day they were read")
    yield from _paragraph_faults(topic, where)
    for nation in (None, *topic.nations):
        version = topic.in_nation(nation)
        for part, most in MOST.items():
            if len(getattr(version, part)) > most:
                yield Problem(f"{where}: {nation or ''} {part}", "has too many paragraphs", f"at most {most}")
    for name in topic.next:
        if name not in content.intents:
            yield Problem(f"{where}: next", f"`{name}` is no intent", "use a name of domain.yml")


def _paragraph_faults(topic: Topic, where: str) -> Iterator[Problem]:
    for place, text in topic.paragraphs():
        count = len(text.split())
        if count > MAX_WORDS:
            yield Problem(f"{where}: {place}", f"has {count} words", f"at most {MAX_WORDS}")
        if any(re.sub(r"\D", "", number) not in SHORT_NUMBERS for number in PHONE.findall(text)):
            yield Problem(f"{where}: {place}", "holds a telephone number", "put it in organisations.yml")


def check_rules(intents: Collection[str]) -> list[Problem]:
    """One rule an intent."""
    raw, problems = paths.read_mapping(paths.RULES)
    found = Counter(step["intent"] for rule in raw.get("rules", ()) for step in rule["steps"] if "intent" in step)
    for intent in sorted({*intents, FALLBACK_INTENT} | found.keys()):
        if found[intent] != 1 or intent not in {*intents, FALLBACK_INTENT}:
            problems.append(Problem("data/rules.yml", f"`{intent}` has {found[intent]} rules", "one rule an intent"))
    return problems


def check_template() -> list[Problem]:
    """The template is what the English words give now."""
    from bot.catalogs import template

    stored, problems = read_catalog(paths.TEMPLATE)
    if not problems and {(m.context, m.id) for m in stored} != {(m.context, m.id) for m in template()}:
        remedy = "run `python -m bot catalogs`"
        problems.append(Problem(paths.shown(paths.TEMPLATE), "is not in step with the words", remedy))
    return problems


def check_catalog(language: Language) -> list[Problem]:
    """A translation keeps the numbers and the placeholders of the English."""
    where = paths.shown(paths.catalog_path(language.locale))
    catalog, problems = read_catalog(paths.catalog_path(language.locale))
    for (_, message), translation in messages_of(catalog).items():
        place = f"{where}: “{message[:40]}…”"
        for pattern, kind in ((PLACEHOLDER, "placeholder"), (NUMBER, "number")):
            lost = Counter(pattern.findall(message)) - Counter(pattern.findall(translation))
            if lost:
                problems.append(Problem(place, f"lost the {kind} {', '.join(lost)}", "write it as in English"))
    return problems


def check_examples(path: Path, intents: Collection[str]) -> list[Problem]:
    """The examples of one language: every intent, enough of each, none twice, plain text."""
    _, problems = paths.read_mapping(path)
    where = paths.shown(path)
    examples = read_examples(path) if not problems else {}
    for intent in sorted({*intents, *examples}):
        fewest = _fewest_examples(path.stem, intent)
        if intent not in intents:
            problems.append(Problem(where, f"`{intent}` is no intent", "use a name of domain.yml"))
        elif len(examples.get(intent, ())) < fewest:
            fault = f"`{intent}` has {len(examples.get(intent, ()))} examples"
            problems.append(Problem(where, fault, f"write at least {fewest}"))
    seen: dict[str, str] = {}
    for intent, texts in examples.items():
        for number, text in enumerate(texts, start=1):
            place, key = f"{where}: {intent}[{number}]", plain(text)
            if MARKUP.search(text) or text.startswith("/"):
                problems.append(Problem(place, "holds markup", "write it as a person types it"))
            if key in seen:
                problems.append(Problem(place, f"stands already under `{seen[key]}`", "remove one of them"))
            seen[key] = intent
    return problems + check_questions(path.stem, intents, examples)


def _fewest_examples(locale: str, intent: str) -> int:
    fewest = FEWEST_EXAMPLES.get(locale, FEWEST_ROMANISED if locale.endswith("_Latn") else FEWEST_ELSEWHERE)
    return fewest * 3 // 2 if intent in DANGER_INTENTS else fewest


def check_questions(locale: str, intents: Collection[str], examples: Mapping[str, list[str]]) -> list[Problem]:
    """The held-out questions of one language: two an intent, and none of them, or nearly, among the examples."""
    path = paths.QUESTIONS / f"{locale}.yml"
    where = paths.shown(path)
    if not path.exists():
        return [
            Problem(where, "is missing", f"{FEWEST_QUESTIONS} questions an intent, written apart from the examples")
        ]
    questions = read_questions(path)
    problems = [
        Problem(where, f"`{intent}` has too few questions", f"at least {FEWEST_QUESTIONS}")
        for intent in sorted(intents)
        if len(questions.get(intent, ())) < FEWEST_QUESTIONS
    ]
    held_out = [
        (groups(text), f"{intent} {number}")
        for intent, texts in questions.items()
        for number, text in enumerate(texts, 1)
    ]
    for intent, texts in examples.items():
        for number, text in enumerate(texts, start=1):
            own = groups(text)
            for other, place in held_out:
                if alike(own, other):
                    fault = f"stands, or nearly, among the held-out questions ({place})"
                    problems.append(Problem(f"data/nlu/{locale}.yml: {intent}[{number}]", fault, "remove it here"))
    return problems
