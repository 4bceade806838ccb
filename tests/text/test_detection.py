"""Which language a text is in, and which one she is offered."""

import pytest

from bot.content.examples import all_examples
from bot.content.replies import Content
from bot.text.detection import LanguageDetector, tokenizer_locale


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    """Over our own examples, as the server makes it."""
    return LanguageDetector(all_examples())


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("mój mąż mnie bije i nie wiem co robić", "pl"),
        ("mera shohar mujhe roz marta hai aur passport bhi le liya", "ur"),
        ("میرا شوہر مجھے ہر روز مارتا ہے اور میں بہت ڈرتی ہوں", "ur"),
        ("জামাই আমাকে রোজ মারে এখন আমি কী করব", "bn"),
        ("mi marido me pega y no sé a quién pedir ayuda", "es"),
    ],
)
def test_the_language_she_writes_is_offered(
    detector: LanguageDetector, content: Content, text: str, offered: str
) -> None:
    """She chose English and writes in another language we answer in."""
    assert detector.offer(text, "en", content.languages) == offered


@pytest.mark.parametrize(
    "text",
    ["police", "ok", "visa help", "999", "😭😭", "", "help me please he hits me every day at home"],
)
def test_nothing_is_offered_where_it_would_be_a_guess(
    detector: LanguageDetector, content: Content, text: str
) -> None:
    """A short text, a number, a sign, and the language she chose."""
    assert detector.offer(text, "en", content.languages) is None


def test_her_own_language_in_latin_letters_is_no_other_language(detector: LanguageDetector, content: Content) -> None:
    """She chose Urdu and writes Roman Urdu."""
    assert detector.offer("mera shohar mujhe roz marta hai kya karu", "ur", content.languages) is None


def test_a_language_we_do_not_answer_in_is_not_offered(detector: LanguageDetector, content: Content) -> None:
    """German is understood, and there is no German page."""
    assert detector.offer("mein Mann schlägt mich und ich weiß nicht wohin", "en", content.languages) is None


@pytest.mark.parametrize(("text", "locale"), [("پولیس", "ar"), ("ፖሊስ", "am"), ("полиция", "uk"), ("", "en")])
def test_the_script_picks_the_tokenizer(text: str, locale: str) -> None:
    """By most of the letters."""
    assert tokenizer_locale(text) == locale
