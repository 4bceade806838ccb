"""The reviewer's desk: one printable page of every answer, with its facts, their pages, certainty and age."""

from datetime import date
from pathlib import Path

import jinja2

from bot.content.replies import Content
from bot.content.topics import NATIONS, PARTS, Topic

TEMPLATE = Path(__file__).parent / "gateway" / "templates" / "review.html"


def write_review(content: Content, path: Path, today: date) -> int:
    """Writes the page; returns how many answers it holds."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    order = [*content.intents, *content.topics]
    topics = [content.topics[name] for name in dict.fromkeys(order) if name in content.topics]
    talk = [topic for topic in topics if not topic.facts]
    topics = [topic for topic in topics if topic.facts]
    page = template.render(
        topics=topics,
        talk=talk,
        content=content,
        today=today,
        versions=_versions,
        parts=PARTS,
        signed=sum(topic.is_signed(content.facts) for topic in topics),
    )
    path.write_text(page, encoding="utf-8")
    return len(content.topics)


def _versions(topic: Topic) -> list[tuple[str, Topic]]:
    """The general answer, then only the parts that differ in a nation."""
    versions = [("In general" if topic.nations else "Everywhere", topic)]
    for nation in NATIONS:
        if nation in topic.nations:
            name = nation.replace("_", " ").title()
            changed = {"say": (), "do": (), "more": (), "call": (), **topic.nations[nation]}
            versions.append((name, Topic(topic.name, topic.title, **changed)))
    return versions
