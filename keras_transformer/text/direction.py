import dataclasses
from typing import NamedTuple

from keras_transformer.errors import InputError, short_repr
from keras_transformer.text.language_tokens import find_language
from keras_transformer.text.languages import language_group, language_tag, main_language
from keras_transformer.text.target_tags import chosen_language, find_target_tag, target_tags


class Direction(NamedTuple):
    """The languages of a translation.

    An imported multilingual model has a token for each, its source and target prefix. A model that was trained on
    several directions has a tag of the target's language, its source prefix.

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
        if self.source is None and self.target is None:
            return config, texts
        if config.source_prefix is not None and target_tags(tokenizers.source):
            return self._of_tags(config, tokenizers, texts)
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

    def _of_tags(self, config, tokenizers, texts):
        """Returns the config and the facts of a model with a tag for each language of the target."""
        pairs, target = texts.directions or (), texts.target_language
        try:
            if self.target is not None:
                _, token_id, target = find_target_tag(tokenizers.source, language_tag(self.target))
                config = dataclasses.replace(config, source_prefix=token_id)
        except ValueError as error:
            raise InputError(f"target language: {error}.") from None
        sources = list(dict.fromkeys(source for source, _ in pairs if source is not None))
        try:
            if self.source is None:
                trained = [source for source, each in pairs if each == target]
                # The default source stays, unless the model was trained on another one for this target.
                source = texts.source_language if texts.source_language in trained or not trained else trained[0]
            else:
                source = language_tag(self.source)
                source = chosen_language(sources, source) if sources else source
        except ValueError as error:
            raise InputError(f"source language: {error}.") from None
        return config, dataclasses.replace(texts, source_language=source, target_language=target)


def check_main_languages(config, known, chosen):
    """Raises an `InputError` if a model of one direction does not have the languages of a `Direction`.

    Scripts and regions can differ. Tags of three letters are not compared, because they can be those of a group of
    languages, such as "roa".

    Args:
        config: the `TransformerConfig`.
        known: the `TextFacts` of the model.
        chosen: the `TextFacts` of `Direction.applied`.
    """
    if (config.source_prefix, config.target_prefix) != (None, None):  # `applied` has checked the languages.
        return
    for side in ("source", "target"):
        expected, received = (getattr(texts, f"{side}_language") for texts in (known, chosen))
        if expected is None or len(main_language(expected)) > 2:
            continue
        if not _are_one_language(main_language(received), main_language(expected)):
            raise InputError(
                f"{side} language: expected a language of {expected}. Received: {short_repr(received)}, the model does "
                "not have it."
            )


def _are_one_language(first, second):
    """Returns whether two languages are equal, or one of them includes the other."""
    return first == second or language_group(first) == second or language_group(second) == first
