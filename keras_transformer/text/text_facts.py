import dataclasses
from typing import Any

from keras_transformer.errors import short_repr
from keras_transformer.text.languages import language_tag, set_canonical_languages


@dataclasses.dataclass(frozen=True)
class TextFacts:
    """Facts about the text that a model was trained on. Unknown facts are None.

    Args:
        source_language: language tag of the source, such as "ko" or "zh-Hant" (BCP 47). Default None.
        target_language: language tag of the target. Default None.
        longest_source: number of tokens of the longest source, without the end token. Default None.
        directions: `(source_language, target_language)` of each direction that a model with tags was trained on. A
            source language can be None. Default None: one direction, or an imported model.
        alignment_heads: `(decoder block, head)`, from 1, of each head whose cross-attention was trained towards word
            alignments. Default None: no head.

    Raises:
        ValueError: a language is not a BCP 47 tag, or a number is out of range.

    Example:

    >>> kt.text.TextFacts(source_language="KO", target_language="en", longest_source=60).to_dict()
    {'source_language': 'ko', 'target_language': 'en', 'longest_source': 60}
    >>> translator = kt.Translator(model, tokenizer, texts=kt.text.TextFacts(alignment_heads=[(1, 1)]))
    """

    source_language: str | None = None
    target_language: str | None = None
    longest_source: int | None = None
    directions: tuple[tuple[str | None, str], ...] | None = None
    alignment_heads: tuple[tuple[int, int], ...] | None = None

    def __post_init__(self):
        set_canonical_languages(self)
        longest = self.longest_source
        if longest is not None and (type(longest) is not int or longest < 1):
            raise ValueError(f"`longest_source` must be a positive whole number. Received: longest_source={longest!r}.")
        if self.directions is not None:
            object.__setattr__(self, "directions", _checked_directions(self.directions))
        if self.alignment_heads is not None:
            object.__setattr__(self, "alignment_heads", _checked_heads(self.alignment_heads))

    def to_dict(self) -> dict[str, Any]:
        """Returns the known facts as a dictionary for JSON."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


def _checked_heads(heads):
    is_list = isinstance(heads, (list, tuple)) and all(isinstance(pair, (list, tuple)) for pair in heads)
    if not is_list or not heads or not all(len(pair) == 2 and all(map(_is_number, pair)) for pair in heads):
        raise ValueError(
            "`alignment_heads` must be pairs of a decoder block and a head, from 1. Received: "
            f"alignment_heads={short_repr(heads)}."
        )
    return tuple(map(tuple, heads))


def _is_number(value):
    return type(value) is int and value >= 1


def _checked_directions(directions):
    try:
        pairs = tuple(
            (source if source is None else language_tag(source), language_tag(target)) for source, target in directions
        )
    except (ValueError, TypeError):
        raise ValueError(
            f"`directions` must be pairs of language tags. Received: directions={short_repr(directions)}."
        ) from None
    return tuple(dict.fromkeys(pairs))
