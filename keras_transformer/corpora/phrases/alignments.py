"""The word alignments of the phrase corpus, which follow from its grammar."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from .grammar import Part, Phrase, generate_phrases

Links = frozenset[tuple[int, int]]

# Korean words with the role of an English part that the Korean sentence does not have: an ending of the verb.
_ENDINGS = {Part.AUXILIARY: (Part.NEGATION, Part.VERB)}


class AlignedPhrase(NamedTuple):
    """A sentence pair with the links (Korean word, English word), counted from 0.

    Links are possible between all words of a part of the sentence and of its counterpart. They are sure where a side
    has one word, and between the first words and the last words of others, such as 다음 주에 and "next week".
    """

    korean: str
    english: str
    sure: Links
    possible: Links


def aligned_phrases() -> Iterator[AlignedPhrase]:
    """Yield the sentence pairs of `phrase_pairs` with their word alignments, in the same order.

    Example:
        >>> from keras_transformer.corpora.phrases.alignments import aligned_phrases
        >>> phrase = next(phrase for phrase in aligned_phrases() if phrase.korean == "나는 어제 카페에 갔다.")
        >>> sorted(phrase.sure)  # "I went to the cafe yesterday."
        [(0, 0), (1, 5), (2, 2), (2, 3), (2, 4), (3, 1)]
    """
    for phrase in generate_phrases():
        yield AlignedPhrase(phrase.korean, phrase.english, *_links(phrase))


def _links(phrase: Phrase) -> tuple[Links, Links]:
    korean, english = _positions(phrase.korean_parts), _positions(phrase.english_parts)
    sure, possible = set(), set()
    for part, words in english.items():
        counterparts = (part, *_ENDINGS.get(part, ()))
        counterpart = next(korean[part] for part in counterparts if part in korean)
        all_links = list(product(counterpart, words))
        possible.update(all_links)
        is_single = 1 in (len(counterpart), len(words))
        sure.update(all_links if is_single else [all_links[0], all_links[-1]])
    return frozenset(sure), frozenset(possible)


def _positions(parts: tuple[tuple[Part, str], ...]) -> dict[Part, list[int]]:
    positions: dict[Part, list[int]] = {}
    count = 0
    for part, words in parts:
        length = len(words.split())
        positions[part] = list(range(count, count + length))
        count += length
    return positions
