"""Cuts a text into the encoder's pieces: its letters made alike, then the likeliest pieces."""

from collections.abc import Sequence

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

PREFIX = "query: "
"""What multilingual-e5 was trained to see before a question; taught our questions, it does without."""

LONGEST = 128
"""Pieces of a text that are read, begin and end included."""


class Pieces:
    """Texts to numbers of pieces.

    Args:
        pieces: The pieces, by number; the first four are begin, fill, end and unknown.
        scores: Logarithm of each piece's probability.
        letters: What a letter becomes (letter → letters).
        prefix: What is read before each text.
    """

    def __init__(
        self, pieces: Sequence[str], scores: Sequence[float], letters: dict[str, str], prefix: str = ""
    ) -> None:
        vocabulary = [(piece, float(score)) for piece, score in zip(pieces, scores, strict=True)]
        self._letters, self._prefix = str.maketrans(letters), prefix
        self._tokenizer = Tokenizer(Unigram(vocabulary, unk_id=UNKNOWN))
        self._tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's pieces, begin and end included, at most `LONGEST`."""
        read = [f"{self._prefix}{text}".translate(self._letters) for text in texts]
        found = self._tokenizer.encode_batch_fast(read, add_special_tokens=False)
        return [[BEGIN, *encoding.ids[: LONGEST - 2], END] for encoding in found]


BEGIN, FILL, END, UNKNOWN = range(4)
"""Numbers of the pieces that begin a text, fill a batch up, end a text, and stand for what is unknown."""
