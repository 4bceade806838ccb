"""A Rasa tokenizer over the blank spaCy pipelines of `bot.text`."""

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.text.detection import tokenizer_locale
from bot.text.pipelines import pipeline


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MultilingualTokenizer(Tokenizer):
    """Splits a text with the spaCy tokenizer that suits its script."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options Rasa's tokenizers share."""
        return {
            # Whether an intent's name is split, and at what.
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            # A pattern that splits tokens once more.
            "token_pattern": None,
            # A prefix that stays whole when an intent is split.
            "prefix_separator_symbol": None,
        }

    @staticmethod
    def required_packages() -> list[str]:
        """What must be installed."""
        return ["spacy"]

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute of a message; white space is none."""
        text = message.get(attribute)
        doc = pipeline(tokenizer_locale(text)).make_doc(text)
        tokens = [Token(token.text, token.idx) for token in doc if not token.is_space]
        return self._apply_token_pattern(tokens)  # type: ignore[no-any-return]
