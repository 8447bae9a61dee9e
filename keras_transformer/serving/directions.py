import dataclasses

from keras_transformer.serving.request_error import RequestError
from keras_transformer.text.language_tokens import language_tokens
from keras_transformer.text.languages import main_language


@dataclasses.dataclass(frozen=True)
class Language:
    """A language of a model.

    Args:
        code: the code that clients use, such as "en" or "zh-Hant".
        token_id: the token of the language in a multilingual vocabulary. Default None.
        names: other names of it, such as "zho_Hant".
    """

    code: str
    token_id: int | None = None
    names: tuple = ()


@dataclasses.dataclass(frozen=True)
class Directions:
    """The directions in which a model translates: from each of its sources to each of its targets.

    Args:
        sources, targets: lists of `Language`. They are empty if the languages are unknown.
    """

    sources: tuple = ()
    targets: tuple = ()

    @property
    def pairs(self):
        """All pairs of codes, of a language and another."""
        return [(a.code, b.code) for a in self.sources for b in self.targets if a.code != b.code]

    def find(self, source, target):
        """Returns the pair of `Language` of two codes, or None if the model does not have it.

        Args:
            source: a code, or "auto" for the only source language.
            target: a code.
        """
        is_only = source == "auto" and len(self.sources) == 1
        found = self.sources[0] if is_only else _language_of(self.sources, source)
        wanted = _language_of(self.targets, target)
        return None if found is None or wanted is None else (found, wanted)

    @classmethod
    def of_tags(cls, source, target):
        """Returns the only direction of a model by its language tags, or none if one is unknown."""
        if source is None or target is None:
            return cls()
        return cls((Language(source),), (Language(target),))


def directions_of(translator):
    """Returns the `Directions` of a `Translator`. A multilingual model has those of its language tokens."""
    sides, config = [], translator.config
    for side, tag in (("source", translator.texts.source_language), ("target", translator.texts.target_language)):
        tokens = []
        if getattr(config, f"{side}_prefix") is not None:
            tokens = language_tokens(getattr(translator.tokenizers, side))
        if tokens:
            sides.append(tuple(Language(each.tag or each.code, each.token_id, (each.code,)) for each in tokens))
        else:
            sides.append(() if tag is None else (Language(tag),))
    return Directions(*sides) if all(sides) else Directions()


def _language_of(languages, code):
    for language in languages:
        if code.lower() in (language.code.lower(), *(name.lower() for name in language.names)):
            return language
    found = [each for each in languages if main_language(each.code) == code.lower()]
    return found[0] if len(found) == 1 else None


def only_source(directions):
    """Returns the code of the only source language of several `Directions`.

    Raises:
        RequestError: the languages are unknown, or several.
    """
    codes = sorted({source.code for each in directions for source in each.sources})
    if len(codes) == 1:
        return codes[0]
    if not codes:
        raise RequestError(400, "The languages of the model are unknown. Start the server with --source-language.")
    some = ", ".join(codes[:10]) + (", …" if len(codes) > 10 else "")
    raise RequestError(400, f"The server does not detect languages, and has several source languages: {some}.")
