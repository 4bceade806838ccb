"""The language detector is learnt once."""

from pathlib import Path

import pytest

from bot import paths
from bot.content.examples import read_examples
from bot.gateway.detector import KeptDetector
from bot.text.detection import LanguageDetector

TEXTS = [
    "mój mąż mnie bije i nie wiem co robić",
    "mera shohar mujhe roz marta hai aur passport bhi le liya",
    "میرا شوہر مجھے ہر روز مارتا ہے اور میں بہت ڈرتی ہوں",
    "জামাই আমাকে রোজ মারে এখন আমি কী করব",
    "help me please he hits me every day at home",
    "police",
    "",
]


@pytest.fixture(scope="module")
def learnt() -> LanguageDetector:
    """Over the examples of some languages."""
    files = [paths.NLU / f"{name}.yml" for name in ("en", "pl", "ur", "ur_Latn", "bn", "es")]
    return LanguageDetector({f.stem: [t for texts in read_examples(f).values() for t in texts[:20]] for f in files})


@pytest.fixture
def kept(learnt: LanguageDetector, tmp_path: Path) -> KeptDetector:
    """What was learnt, written and read again."""
    KeptDetector.keep(learnt, tmp_path / "models" / "detector-new.npz")
    return KeptDetector(tmp_path / "models" / "detector-new.npz")


@pytest.mark.parametrize("text", TEXTS)
def test_a_kept_detector_says_the_same(learnt: LanguageDetector, kept: KeptDetector, text: str) -> None:
    """To the last digit of each probability."""
    assert kept.locale(text) == learnt.locale(text)
    ours, theirs = (one._model.predict_log_proba(one._letters.transform([text])) for one in (kept, learnt))
    assert (ours == theirs).all()


def test_one_detector_is_kept(learnt: LanguageDetector, tmp_path: Path) -> None:
    """That of older examples goes, and nothing half-written stays."""
    for name in ("detector-old.npz", "detector-new.npz"):
        KeptDetector.keep(learnt, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["detector-new.npz"]
