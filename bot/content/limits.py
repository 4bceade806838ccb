"""What an answer may not say: promises, advice on a case, figures without a fact, hard words."""

import re
from collections.abc import Iterator, Mapping

import readability

from bot.content.topics import Fact, Topic

PROMISES = re.compile(
    r"""\b(?:
      you\s(?:will|won['’]t|cannot|can['’]t|will\snever)\s(?:not\s)?(?:be\s)?(?:deported|removed|detained|sent\sback|arrested)
    | (?:it\sis|it['’]s|is|are)\s(?:always\s|completely\s|quite\s|now\s)?safe\sto\s(?:report|call|ring|tell|leave|go)
    | reporting\sis\s(?:safe|without\srisk) | safe\sto\sreport
    | (?:they|police|home\soffice)\swill\s(?:never|not)\s(?:tell|know|find\sout|share)
    | (?:nobody|no\sone)\swill\s(?:tell|know|find\sout|share)
    | guarantee\w* | no\srisk | you\sare\ssafe(?!\sfor) | you\swill\sbe\ssafe
    | do\snot\sworry | don['’]t\sworry | nothing\swill\shappen
    | leaving\sis\s(?:easy|simple) | just\sleave
    | you\swill\s(?:get|win|succeed|be\s(?:given|granted|allowed|accepted))
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Nobody can promise any of this."""

ADVICE = re.compile(
    r"""\b(?:
      you\s(?:should|must|need\sto|ought\sto|have\sto)\s(?:apply|claim|leave|report|go\sto\sthe\spolice|divorce|use\sthe\sform)
    | you\s(?:are|may\sbe|might\sbe|could\sbe|will\sbe)\s(?:eligible|entitled)
    | you\s(?:qualify|may\squalify|can\squalify|can\sapply|could\sapply|may\sapply|will\squalify)
    | (?:apply|claim)\s(?:now|today|at\sonce|immediately)
    | your\s(?:application|case|claim)\swill
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""To say what one person can or should apply for is an offence outside regulated advisers."""

CAUTIOUS = re.compile(r"as far as we know|we found no|\bmay\b|is said to|are said to", re.IGNORECASE)
FIGURE = re.compile(r"\d[\d,]*\d|\d")
MONTH = re.compile(r"(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}")

FREE_FIGURES = frozenset({"999", "101", "55", "111"})
"""Numbers to ring: they stand in every answer."""

HARDEST_GRADE = 6.0
"""School year (Flesch-Kincaid) of the answer and its steps; a child of nine is in year 4; names cost two."""


def forbidden(text: str) -> Iterator[str]:
    """The words of a paragraph that promise or advise."""
    for pattern in (PROMISES, ADVICE):
        yield from (match.group(0) for match in pattern.finditer(text))


def unfounded_figures(topic: Topic, facts: Mapping[str, Fact]) -> Iterator[tuple[str, str]]:
    """Numbers, sums and months of a topic that are in none of its facts, with their place."""
    known = [facts[name] for name in topic.facts if name in facts]
    ground = " ".join(f"{fact.text} {fact.caution} {fact.as_of} {fact.date}" for fact in known)
    figures = set(FIGURE.findall(ground)) | FREE_FIGURES
    for place, text in topic.paragraphs():
        for month in MONTH.findall(text):
            if month not in ground:
                yield place, month
        for figure in FIGURE.findall(text):
            if figure not in figures:
                yield place, figure


def lacks_caution(topic: Topic, facts: Mapping[str, Fact]) -> bool:
    """Whether a topic rests on general knowledge alone and says so nowhere."""
    certainties = {facts[name].certainty for name in topic.facts if name in facts}
    return certainties == {"recalled"} and not any(CAUTIOUS.search(text) for _, text in topic.paragraphs())


def grade(topic: Topic, nation: str | None = None) -> float:
    """The school year in which the answer and its steps can be read (Flesch-Kincaid)."""
    version = topic.in_nation(nation)
    sentences = re.split(r"(?<=[.?!”])\s+", " ".join((*version.say, *version.do)))
    lines = [" ".join(re.findall(r"[\w'’-]+|[.?!]", sentence)) for sentence in sentences]
    return float(readability.getmeasures("\n".join(lines), lang="en")["readability grades"]["Kincaid"])
