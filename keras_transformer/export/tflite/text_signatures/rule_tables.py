import collections
import dataclasses

import numpy as np

from keras_transformer.export.tflite.text_signatures.double_array import DoubleArray, build_double_array
from keras_transformer.export.tflite.text_signatures.jamo import jamo_roles
from keras_transformer.export.tflite.text_signatures.narrow import narrow
from keras_transformer.export.tflite.text_signatures.page_table import PageTable, build_page_table

# A space at the start of a result, which is dropped after another space.
FIRST_SPACE = -1


@dataclasses.dataclass(frozen=True)
class RuleTables:
    """Normalisation rules of a SentencePiece model as tables.

    Every code point has a kind, 0 for most. Code points of one kind have the same result and occur in the same rules of
    several characters. Such a rule is a key of kinds' labels. Hangul syllables are composed by arithmetic.

    Args:
        kinds: `PageTable` of the kinds.
        results: `(kinds,)`, the number of the result of a single character, or 0 if it is kept.
        labels: `(kinds,)`, the label of the character in `trie`, or 0.
        jamo: `(kinds,)`, the role of the character in a Hangul syllable, see `jamo_roles`. None if no rule composes.
        trie: `DoubleArray` of the rules of several characters. Its values are the number of a result, plus the length
            of the rule times the size of `lengths`: the longest rule has the greatest value. None without rules.
        starts, lengths: `(results,)`, the place of each result in `text`.
        text: the code points of all results. Spaces at the start of a result are `FIRST_SPACE`.
    """

    kinds: PageTable
    results: np.ndarray
    labels: np.ndarray
    jamo: np.ndarray | None
    trie: DoubleArray | None
    starts: np.ndarray
    lengths: np.ndarray
    text: np.ndarray


def build_rule_tables(rules):
    """Builds `RuleTables`.

    Args:
        rules: a dictionary from string to string.
    """
    roles, composed = jamo_roles(rules)
    singles = {key: value for key, value in rules.items() if len(key) == 1 and key != value}
    several = {key: value for key, value in rules.items() if len(key) > 1 and key not in composed}
    labels = _labels(several)
    numbers = {result: number for number, result in enumerate(dict.fromkeys([*singles.values(), *several.values()]), 1)}
    kinds, kind_of = {(0, 0, 0): 0}, {}
    for character in dict.fromkeys([*singles, *labels, *roles]):
        single = numbers[singles[character]] if character in singles else 0
        kind = (single, labels.get(character, 0), roles.get(character, 0))
        kind_of[ord(character)] = kinds.setdefault(kind, len(kinds))
    results, kind_labels, jamo = (np.array(column) for column in zip(*kinds))
    # All characters of a label occur in the same rules, so equal keys have equal results.
    lengths = np.array([0, *map(len, numbers)])
    keys = {
        tuple(labels[character] for character in key): len(key) * len(lengths) + numbers[result]
        for key, result in several.items()
    }
    return RuleTables(
        kinds=build_page_table(kind_of),
        results=narrow(results),
        labels=narrow(kind_labels),
        jamo=narrow(jamo) if roles else None,
        trie=build_double_array(keys) if keys else None,
        starts=narrow(np.cumsum(lengths) - lengths),
        lengths=narrow(lengths),
        text=narrow([code_point for result in numbers for code_point in _code_points(result)] or [0]),
    )


def _code_points(result):
    rest = result.lstrip(" ")
    return [FIRST_SPACE] * (len(result) - len(rest)) + [ord(character) for character in rest]


def _labels(rules):
    """Returns labels of characters, equal for characters in the same places of the same rules."""
    places = collections.defaultdict(list)
    for key, result in rules.items():
        for place, character in enumerate(key):
            places[character].append((key[:place], key[place + 1 :], result))
    classes = collections.defaultdict(list)
    for character, found in places.items():
        classes[frozenset(found)].append(character)
    # The labels of many rules are small.
    ordered = sorted(classes, key=len, reverse=True)
    return {character: label for label, found in enumerate(ordered, 1) for character in classes[found]}
