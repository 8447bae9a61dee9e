import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.opened_text import opened_text
from keras_transformer.text.blank import is_blank
from keras_transformer.text.placeholder_kinds import NUMBERS, TERM, placeholder_symbols
from keras_transformer.text.term_matches import TermMatches, comparable, composed

if TYPE_CHECKING:
    import numpy as np

    from keras_transformer.text.masked_texts import MaskedTexts
    from keras_transformer.text.placeholders import Placeholders

_MOST_BYTES = 64 * 2**20


class Glossary:
    """Terms with their required translations, for `Translator.translate`.

    A term of the source is replaced by a symbol of the vocabulary, and its translation is put in the place of the
    symbol. The model needs `[data] placeholders` with "term". Terms are matched in upper and lower case as
    written, and not within words. Canonically equivalent texts match, such as composed and decomposed Hangul.

    Args:
        terms: a mapping from terms of the source to terms of the target.

    Raises:
        InputError: there is no term, a term is blank or not a string, or a term has two translations.

    Example:

    >>> glossary = kt.text.Glossary({"카페": "coffee house"})
    >>> glossary.terms["카페"]
    'coffee house'
    """

    def __init__(self, terms: Mapping[str, str]):
        self.terms, known = {}, {}
        for source, target in terms.items():
            for term in (source, target):
                if not isinstance(term, str) or is_blank(term):
                    raise InputError(f"A term of a glossary must be a text. Received: {short_repr(term)}.")
            source, target = composed(source.strip()), target.strip()
            _check_translation(source, target, known)
            self.terms[source] = target
        if not self.terms:
            raise InputError("A glossary needs at least one term. Received none.")
        self._sources, self._targets = TermMatches(self.terms), {}

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Reads a glossary from tab-separated rows: a term of the source, a tab, and its translation.

        Args:
            path: the file, UTF-8, plain or compressed (see `data.opened_text`). Blank rows are skipped.

        Raises:
            InputError: the file is missing or empty, a row does not have two columns, or a term has two translations.
        """
        terms, known = {}, {}
        for line, row in _rows(path):
            columns = [column.strip() for column in row.split("\t")]
            if len(columns) != 2 or any(map(is_blank, columns)):
                raise InputError(
                    f"{path}:{line}: expected a term and its translation, separated by a tab. Received: "
                    f"{short_repr(row)}."
                )
            source, target = composed(columns[0]), columns[1]
            try:
                _check_translation(source, target, known)
            except InputError as error:
                raise InputError(f"{path}:{line}: {error}") from None
            terms[source] = target
        if not terms:
            raise InputError(f"{path}: expected tab-separated terms, but the file is empty.")
        return cls(terms)

    def mask(self, masked: "MaskedTexts", placeholders: "Placeholders", copies: bool = True) -> "MaskedTexts":
        """Replaces the terms in `MaskedTexts` by symbols, numbered in each text.

        Args:
            masked: the `MaskedTexts` of sources.
            placeholders: the `Placeholders` of the vocabulary.
            copies: whether a text of terms alone is written without a translation by the model. Default True.

        Raises:
            InputError: the vocabulary has no symbols for terms.
        """
        from keras_transformer.text.masked_terms import mask_terms  # noqa: PLC0415 (imports TensorFlow)

        check_terms(placeholders.kinds if placeholders else ())
        return mask_terms(masked, self.terms, self._sources, placeholders, copies)

    def mask_pairs(
        self,
        sources: Sequence[str],
        targets: Sequence[str],
        placeholders: "Placeholders",
        rate: float,
        random: "np.random.Generator",
    ) -> tuple[list[str], list[str]]:
        """Replaces terms by symbols where the source has a term and the target its translation, for training.

        Args:
            sources, targets: lists of strings.
            placeholders: the `Placeholders` of the vocabulary.
            rate: fraction of these terms that are replaced.
            random: a `numpy.random.Generator`.

        Returns:
            The masked sources and targets, two lists.
        """
        symbols = placeholder_symbols([TERM])
        masked = []
        for source, target in zip(sources, targets, strict=True):
            changes, taken = [], []
            for match in self._sources.find(source):
                places = self._target_of(match.term).find(target)
                place = next((place for place in places if not any(map(place.overlaps, taken))), None)
                if place is not None and random.random() < rate:
                    taken.append(place)
                    changes.append((match, place, symbols[(len(taken) - 1) % NUMBERS]))
            masked.append(
                (
                    _replaced(source, [(match, symbol) for match, _, symbol in changes]),
                    _replaced(target, [(place, symbol) for _, place, symbol in changes]),
                )
            )
        return tuple(list(side) for side in zip(*masked, strict=True)) or ([], [])

    def _target_of(self, term):
        target = self.terms[term]
        if target not in self._targets:
            self._targets[target] = TermMatches([target])
        return self._targets[target]


def _check_translation(source, target, known):
    """Raises an InputError if the dictionary `known` has another translation of a term. Otherwise, adds this one."""
    before = known.setdefault(comparable(source), target)
    if before != target:
        raise InputError(
            f"the term {short_repr(source)} has the translations {short_repr(before)} and {short_repr(target)}. Keep "
            "one of them."
        )


def _replaced(text, changes):
    """Returns a text with symbols in the places of matches that do not overlap."""
    written, start = [], 0
    for match, symbol in sorted(changes):
        written += [text[start : match.start], symbol]
        start = match.end
    return "".join([*written, text[start:]])


def _rows(path):
    """Yields the number and the text of each row of a file that is not blank."""
    try:
        with opened_text(path) as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
    if len(content) > _MOST_BYTES:
        raise InputError(f"{path}: expected a glossary of at most {_MOST_BYTES // 2**20} MiB, but it is longer.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected UTF-8 text.") from None
    for number, row in enumerate(text.split("\n"), start=1):
        if not is_blank(row):
            yield number, row


def check_terms(kinds):
    """Raises an InputError if a vocabulary has no symbols for terms.

    Args:
        kinds: the kinds of its placeholders.
    """
    if TERM not in kinds:
        raise InputError(
            "a glossary needs a model with symbols for terms, and this model has none. Train it with [data] "
            'placeholders = ["term"] and glossary = "terms.tsv".'
        )
