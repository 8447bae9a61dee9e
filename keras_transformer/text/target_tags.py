"""The tokens of a multilingual vocabulary that name the language of the translation, such as `<2de>`."""

import re

from keras_transformer.errors import InputError, short_repr
from keras_transformer.text.language_tokens import LanguageToken
from keras_transformer.text.languages import known_language, main_language

_TAG = re.compile(r"<2(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)>", re.ASCII)


def target_tag(language):
    """Returns the token that names a language of the translation, such as "<2de>" for "de".

    Reference:
        Johnson et al. 2017 (arXiv 1611.04558), section 3.
    """
    return f"<2{language}>"


def target_tags(tokenizer):
    """Lists the languages that a vocabulary has a tag for: user-defined symbols named `<2de>`.

    Args:
        tokenizer: a `Tokenizer`.

    Returns:
        A list of `LanguageToken` in the order of ids. It is empty for a vocabulary of one direction, and for imported
        models.
    """
    found = []
    for symbol, token_id in tokenizer.symbols.items():
        match = _TAG.fullmatch(symbol)
        if match and known_language(match["language"]) == match["language"]:
            found.append(LanguageToken(match["language"], token_id, match["language"]))
    return found


def has_tags(tokenizers, texts):
    """Returns whether a model was trained on several directions, with tags.

    Args:
        tokenizers: its `Tokenizers`.
        texts: its `TextFacts`.
    """
    return bool(texts.directions and target_tags(tokenizers.source))


def find_target_tag(tokenizer, language):
    """Returns the `LanguageToken` of a language of the translation.

    Args:
        tokenizer: a `Tokenizer` with `target_tags`.
        language: a language tag. "de-AT" selects "de", and "de" selects "de-AT" if it is the only one.

    Raises:
        InputError: the vocabulary does not have the language, or has several languages of this tag.
    """
    return chosen_language(target_tags(tokenizer), language, lambda token: token.tag)


def chosen_language(choices, language, tag_of=lambda choice: choice):
    """Returns the one of several choices that a language tag selects.

    Args:
        choices: a list.
        language: a language tag, or another text.
        tag_of: function that returns the language tag of a choice. Default: the choice is a tag.

    Raises:
        InputError: no choice or several choices have the language. The message lists them.
    """
    tags = [tag_of(choice) for choice in choices]
    for is_same in (
        lambda tag: tag == language,
        lambda tag: tag == main_language(language),
        lambda tag: main_language(tag) == language,
    ):
        found = [choice for choice, tag in zip(choices, tags, strict=True) if is_same(tag)]
        if len(found) == 1:
            return found[0]
        if found:
            break
    problem = "the tag of several languages" if found else "the model does not have it"
    raise InputError(f"expected a language of {', '.join(tags)}. Received: {short_repr(language)}, {problem}")
