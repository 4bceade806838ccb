"""What an answer may not say, and that it notices."""

import pytest

from bot.content import limits
from bot.content.replies import Content


@pytest.mark.parametrize(
    "text",
    [
        "You will not be deported if you report.",
        "You won’t be deported.",
        "It is safe to report.",
        "Reporting is safe.",
        "The police will never tell the Home Office.",
        "Nobody will find out.",
        "We guarantee it.",
        "Don't worry.",
        "Leaving is simple.",
        "You will be given a visa.",
    ],
)
def test_a_promise_is_refused(text: str) -> None:
    """Nobody can promise what follows a report."""
    assert list(limits.forbidden(text))


@pytest.mark.parametrize(
    "text",
    [
        "You should apply for settlement.",
        "You are eligible.",
        "You may be entitled to this.",
        "You qualify for the concession.",
        "You can apply today.",
        "Apply now.",
        "Your application will succeed.",
    ],
)
def test_advice_on_a_case_is_refused(text: str) -> None:
    """Outside regulated advisers it is an offence."""
    assert list(limits.forbidden(text))


@pytest.mark.parametrize(
    "text",
    [
        "Nobody can honestly promise you yes or no.",
        "Some people can apply to stay for good.",
        "You can ask an adviser what fits your case.",
        "They may ask first. They may not tell you.",
        "When you are safe for a moment, a helpline can help.",
    ],
)
def test_honest_words_are_left_alone(text: str) -> None:
    """What is known, what is not, and who can be asked."""
    assert not list(limits.forbidden(text))


def test_a_figure_without_a_fact_is_found(content: Content) -> None:
    """A sum nobody can trace does not reach her."""
    from dataclasses import replace

    topic = replace(content.topics["privacy"], say=("It costs 4,711 pounds since March 2031.",))
    assert {figure for _, figure in limits.unfounded_figures(topic, content.facts)} == {"4,711", "2031", "March 2031"}


def test_recalled_facts_want_careful_words(content: Content) -> None:
    """General knowledge is not told as if it were read."""
    from dataclasses import replace

    bold = replace(content.topics["privacy"], say=("It is so.",), do=(), more=(), facts=("pv-bot",))
    careful = replace(bold, say=("As far as we know, it is so.",))
    assert limits.lacks_caution(bold, content.facts)
    assert not limits.lacks_caution(careful, content.facts)


def test_hard_words_cost_years_of_school(content: Content) -> None:
    """The grade tells officialese from talk."""
    from dataclasses import replace

    plain = replace(content.topics["privacy"], say=("You can ring them. They will listen to you.",), do=())
    stiff = replace(plain, say=("Notwithstanding curtailment, eligibility necessitates regularisation of status.",))
    assert limits.grade(plain) < 3 < limits.HARDEST_GRADE < limits.grade(stiff)
