import dataclasses
from typing import NamedTuple

from keras_transformer.errors import InputError
from keras_transformer.text.language_tokens import find_language
from keras_transformer.text.languages import language_tag


class Direction(NamedTuple):
    """The languages of a translation. A multilingual model has a token for each, its source and target prefix.

    Args:
        source: language of the source: a BCP 47 tag, or a code of a multilingual model, such as "eng_Latn". Default
            None: that of the model.
        target: the same for the target.
    """

    source: str | None = None
    target: str | None = None

    def applied(self, config, tokenizers, texts):
        """Returns the config and the facts of a model for this direction.

        Args:
            config: the `TransformerConfig`. It is changed if it has prefixes.
            tokenizers: the `Tokenizers`.
            texts: the `TextFacts`.

        Raises:
            InputError: a multilingual model does not have a language, or a tag of another model is not a BCP 47 tag.
        """
        for side, language in self._asdict().items():
            if language is None:
                continue
            try:
                if getattr(config, f"{side}_prefix") is None:
                    tag = language_tag(language)
                else:
                    _, token_id, tag = find_language(getattr(tokenizers, side), language)
                    config = dataclasses.replace(config, **{f"{side}_prefix": token_id})
                texts = dataclasses.replace(texts, **{f"{side}_language": tag})
            except ValueError as error:
                raise InputError(f"{side} language: {error}.") from None
        return config, texts
