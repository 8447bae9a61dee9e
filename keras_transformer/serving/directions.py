import dataclasses
import functools
from typing import NamedTuple

from keras_transformer.serving.request_error import RequestError
from keras_transformer.text.language_tokens import is_full_code, language_tokens
from keras_transformer.text.languages import main_language

_SOME = 10


class ServedDirection(NamedTuple):
    """A direction in which a model translates.

    Args:
        source, target: the language codes that clients use, such as "en" or "zh-Hant".
        source_prefix, target_prefix: the tokens of a multilingual model for this direction. Default None.
    """

    source: str
    target: str
    source_prefix: int | None = None
    target_prefix: int | None = None


@dataclasses.dataclass(frozen=True)
class Directions:
    """The directions of a model. There is none if its languages are unknown.

    Args:
        by_codes: the `ServedDirection` by its pair of codes. Default: none.
        names: other names of codes, such as "zho_Hant", by name. Default: none.
    """

    by_codes: dict = dataclasses.field(default_factory=dict)
    names: dict = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def pairs(self):
        """The pairs of codes in order."""
        return list(self.by_codes)

    @functools.cached_property
    def sources(self):
        """The codes of the sources in order."""
        return list(dict.fromkeys(source for source, _ in self.by_codes))

    @functools.cached_property
    def targets(self):
        """The codes of the targets in order."""
        return list(dict.fromkeys(target for _, target in self.by_codes))

    def find(self, source, target):
        """Returns the `ServedDirection` of two codes, or None if the model does not have it.

        Args:
            source, target: codes or other names. A language without its script selects the only one of the language.
        """
        return self.by_codes.get((self._code(self.sources, source), self._code(self.targets, target)))

    @classmethod
    def of_tags(cls, source, target):
        """Returns the only direction of a model by its language tags, or none if one is unknown."""
        if source is None or target is None:
            return cls()
        return cls({(source, target): ServedDirection(source, target)})

    def _code(self, codes, name):
        name = self.names.get(name, name).lower()
        found = [code for code in codes if code.lower() == name]
        found = found or [code for code in codes if main_language(code).lower() == name]
        return found[0] if len(found) == 1 else None


def directions_of(translator):
    """Returns the `Directions` of a `Translator`.

    An imported multilingual model has those of its language tokens. A model that was trained on several directions has
    them in its facts, and a tag of the target's language in its vocabulary, which is the prefix of the source.
    """
    sides, config, texts = [], translator.config, translator.texts
    trained = getattr(texts, "directions", None)
    if trained and config.source_prefix is not None:
        return _trained_directions(trained, texts.source_language, translator.tokenizers.source)
    for side, tag in (("source", texts.source_language), ("target", texts.target_language)):
        is_chosen = getattr(config, f"{side}_prefix") is not None
        tokens = language_tokens(getattr(translator.tokenizers, side)) if is_chosen else []
        sides.append([(each.tag or each.code, each.code, each.token_id) for each in tokens] or [(tag, tag, None)])
    if any(codes[0][0] is None for codes in sides):
        return Directions()
    pairs = [
        ServedDirection(source, target, source_prefix, target_prefix)
        for source, _, source_prefix in sides[0]
        for target, _, target_prefix in sides[1]
        if source != target
    ]
    return Directions({(pair.source, pair.target): pair for pair in pairs}, _names(sides))


def _names(sides):
    """Returns the codes by names: of the model, such as "cat_Latn", and their languages, such as "cat", if of one."""
    names = {name: code for codes in sides for code, name, _ in codes}
    parts = {}
    for name, code in names.items():
        if name is not None and is_full_code(name):
            parts.setdefault(name.partition("_")[0], set()).add(code)
    return {part: code for part, (code, *others) in parts.items() if not others} | names


def _trained_directions(trained, default_source, tokenizer):
    tags = {tokenizer.token(number): number for number in range(tokenizer.vocabulary_size)}
    found = {}
    for source, target in trained:
        source, tag = source or default_source, tags.get(f"<2{target}>")
        if source is not None and tag is not None:
            found[source, target] = ServedDirection(source, target, source_prefix=tag)
    return Directions(found)


def only_source(directions):
    """Returns the code of the only source language of several `Directions`.

    Raises:
        RequestError: the languages are unknown, or several.
    """
    codes = sorted({source for each in directions for source in each.sources})
    if len(codes) == 1:
        return codes[0]
    if not codes:
        raise RequestError(400, "The languages of the model are unknown. Start the server with --source-language.")
    some = ", ".join(codes[:_SOME]) + (", …" if len(codes) > _SOME else "")
    raise RequestError(400, f"The server does not detect languages, and has several source languages: {some}.")
