"""The language detector, which learns once and is then read from beside the model."""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from bot import paths
from bot.content.examples import all_examples
from bot.text.detection import LanguageDetector


@cache
def language_detector() -> LanguageDetector:
    """The detector for the data as it is now, made once a process."""
    path = paths.detector_path()
    if path.exists():
        return KeptDetector(path)
    detector = LanguageDetector(all_examples())
    # Where nothing can be written, the next start learns again.
    with suppress(OSError):
        KeptDetector.keep(detector, path)
    return detector


class KeptDetector(LanguageDetector):
    """A detector that need not learn; arrays only, so that a file cannot run code."""

    def __init__(self, path: Path) -> None:
        """Reads what `keep` wrote."""
        # The parent's form, on two examples; what it should have learnt takes their place.
        super().__init__({"en": ("help",), "pl": ("pomoc",)})
        with np.load(path) as kept:
            self._letters.vocabulary_ = {group: place for place, group in enumerate(kept["groups"].tolist())}
            self._model.classes_ = kept["locales"]
            self._model.class_log_prior_, self._model.feature_log_prob_ = kept["prior"], kept["likelihood"]
        self._model.n_features_in_ = len(self._letters.vocabulary_)

    @staticmethod
    def keep(detector: LanguageDetector, path: Path) -> None:
        """Writes what a detector has learnt; others see the whole file or none."""
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_name(f".{os.getpid()}.npz")
        np.savez(
            unfinished,
            groups=detector._letters.get_feature_names_out().astype(str),
            locales=detector._model.classes_,
            prior=detector._model.class_log_prior_,
            likelihood=detector._model.feature_log_prob_,
        )
        unfinished.replace(path)
        for old in set(path.parent.glob("detector-*.npz")) - {path}:
            old.unlink(missing_ok=True)
