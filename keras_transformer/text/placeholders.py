import tensorflow as tf

from keras_transformer.text.blank import BLANK_PATTERN
from keras_transformer.text.equal_numbers import places_of, ranks
from keras_transformer.text.masked_texts import MaskedTexts, RestoredTexts
from keras_transformer.text.placeholder_kinds import (
    AFTER_MEASURE,
    BEFORE_LETTERED_MEASURE,
    BEFORE_MEASURE,
    LETTERED_MEASURE,
    NOTHING_TO_TRANSLATE,
    NUMBERS,
    PATTERNS,
    SYMBOL_PATTERN,
    placeholder_symbols,
)

# Control characters that separate the parts of a text. They are spaces in texts.
_MARK, _REMOVED = "\x01", "\x02"
_CONTROL = "[\x01\x02]"
# Above the number of parts of a text.
_MOST = 2**24


class Placeholders:
    """Replaces URLs, e-mail addresses, measures and XML tags by symbols of the vocabulary, and puts them back.

    It consists of TensorFlow's operations. A SavedModel therefore does the same as a `Translator`.

    Args:
        kinds: the kinds, of `placeholder_kinds.KINDS`.

    Example:

    >>> placeholders = Placeholders(["url"])
    >>> masked = placeholders.mask(tf.constant(["See https://keras.io."]))
    >>> masked.texts.numpy()[0].decode()
    'See ｟url1｠.'
    >>> placeholders.restore(tf.constant(["Siehe ｟url1｠."]), masked).texts.numpy()
    array([b'Siehe https://keras.io.'], dtype=object)
    """

    def __init__(self, kinds):
        self.kinds = tuple(kinds)
        self.symbols = placeholder_symbols(self.kinds)
        # A symbol that is written in a text is such a part as well, of the first kind.
        self._patterns = [(PATTERNS[kind], self.kinds.index(kind)) for kind in PATTERNS if kind in self.kinds]
        self._patterns.append((SYMBOL_PATTERN, 0))
        self._number_of_measures = [
            number for number, (pattern, _) in enumerate(self._patterns) if pattern == PATTERNS["number"]
        ]

    def mask(self, texts, copies=True):
        """Replaces parts of texts by symbols, numbered in each text.

        Args:
            texts: `(batch,)` strings.
            copies: whether a text without words is copied instead of translated. Default True.

        Returns:
            `MaskedTexts`.
        """
        texts = _without_control(texts)
        pieces, rows, is_part, kind = self._parts(texts)
        places = tf.where(is_part)[:, 0]
        part_rows, part_kinds = tf.gather(rows, places), tf.gather(kind, places)
        symbols = self._numbered(part_rows, part_kinds)
        masked = tf.tensor_scatter_nd_update(
            pieces, tf.expand_dims(places, 1), tf.gather(tf.constant(self.symbols), symbols)
        )
        count = tf.size(texts, tf.int64)
        has_part = tf.greater(tf.math.unsorted_segment_sum(tf.ones_like(part_rows), part_rows, count), 0)
        is_text = tf.logical_not(tf.logical_or(is_part, tf.strings.regex_full_match(pieces, NOTHING_TO_TRANSLATE)))
        has_text = tf.greater(tf.math.unsorted_segment_sum(tf.cast(is_text, tf.int32), rows, count), 0)
        is_copied = tf.logical_and(has_part, tf.logical_not(has_text))
        is_copied = is_copied if copies else tf.zeros_like(is_copied)
        joined = tf.strings.unsorted_segment_join(masked, rows, count)
        return MaskedTexts(
            tf.where(is_copied, "", joined), part_rows, symbols, tf.gather(pieces, places), is_copied, texts
        )

    def restore(self, translations, masked, scores=None):
        """Puts the parts of `MaskedTexts` into the places of their symbols.

        A part whose symbol is missing is appended, so nothing is lost. A symbol that the source does not have, or not
        so often, is removed.

        Args:
            translations: `(batch,)` strings with symbols.
            masked: the `MaskedTexts` of their sources.
            scores: `(batch,)` scores of the translations. One of minus infinity is missing, and stays empty. Default
                None: none is missing.

        Returns:
            `RestoredTexts`.
        """
        pieces, rows, is_symbol = _split(_without_control(translations), "|".join(self.symbols))
        places = tf.where(is_symbol)[:, 0]
        written = tf.gather(pieces, places)
        symbols = tf.argmax(tf.cast(tf.equal(tf.expand_dims(written, 1), tf.constant(self.symbols)), tf.int32), axis=1)
        written_rows = tf.gather(rows, places)
        keys, expected = self._keys(written_rows, symbols), self._keys(masked.rows, masked.symbols)
        entries, is_expected = places_of(keys, expected)
        values = tf.gather(tf.concat([masked.values, [_REMOVED]], axis=0), entries)
        count = tf.size(translations, tf.int64)
        joined = tf.strings.unsorted_segment_join(
            tf.tensor_scatter_nd_update(pieces, tf.expand_dims(places, 1), values), rows, count
        )
        joined = tf.strings.regex_replace(joined, f"^(?:{_REMOVED} ?)+| ?{_REMOVED}", "")
        _, is_written = places_of(expected, keys)
        is_dropped = tf.logical_not(tf.logical_or(is_written, tf.gather(masked.is_copied, masked.rows)))
        dropped_rows = tf.boolean_mask(masked.rows, is_dropped)
        dropped_values = tf.boolean_mask(masked.values, is_dropped)
        appended = tf.strings.unsorted_segment_join(tf.strings.join([" ", dropped_values]), dropped_rows, count)
        appended = tf.where(tf.equal(joined, ""), tf.strings.regex_replace(appended, "^ ", ""), appended)
        extra_rows = tf.boolean_mask(written_rows, tf.logical_not(is_expected))
        texts = tf.where(masked.is_copied, masked.copies, tf.strings.join([joined, appended]))
        if scores is not None:
            texts = tf.where(tf.math.is_inf(scores), "", texts)
        return RestoredTexts(
            texts,
            tf.math.unsorted_segment_sum(tf.ones_like(dropped_rows), dropped_rows, count),
            tf.math.unsorted_segment_sum(tf.ones_like(extra_rows), extra_rows, count),
        )

    def mask_pairs(self, sources, targets):
        """Replaces the parts that source and target have in common by symbols, numbered in the order of the source.

        Other parts stay, because a model would learn to drop or to invent them.

        Args:
            sources, targets: `(pairs,)` strings.

        Returns:
            The masked sources and targets.
        """
        sides = [self._parts(_without_control(texts)) for texts in (sources, targets)]
        places = [tf.where(is_part)[:, 0] for _, _, is_part, _ in sides]
        values = [tf.gather(pieces, each) for (pieces, *_), each in zip(sides, places, strict=True)]
        part_rows = [tf.gather(rows, each) for (_, rows, _, _), each in zip(sides, places, strict=True)]
        kinds = tf.gather(sides[0][3], places[0])
        keys = _equal_parts(*zip(part_rows, values, strict=True))
        partners, is_kept = places_of(keys[0], keys[1])
        partners, is_kept = tf.boolean_mask(partners, is_kept), is_kept
        symbols = self._numbered(tf.boolean_mask(part_rows[0], is_kept), tf.boolean_mask(kinds, is_kept))
        symbols = tf.gather(tf.constant(self.symbols), symbols)
        kept = [tf.boolean_mask(places[0], is_kept), tf.gather(places[1], partners)]
        return [
            tf.strings.unsorted_segment_join(
                tf.tensor_scatter_nd_update(_without_symbols(pieces), tf.expand_dims(each, 1), symbols),
                rows,
                tf.size(texts, tf.int64),
            )
            for (pieces, rows, _, _), each, texts in zip(sides, kept, (sources, targets), strict=True)
        ]

    def mask_prefixes(self, prefixes, masked):
        """Replaces the parts of prefixes by symbols: those of their sources, or a symbol that a prefix writes itself.

        Other parts stay. `restore` then returns translations that begin with their prefixes.

        Args:
            prefixes: the beginnings of the translations, `(batch,)` strings.
            masked: the `MaskedTexts` of their sources, without copies.

        Returns:
            The masked prefixes, and the `MaskedTexts` in the order of the prefixes' parts.
        """
        pieces, rows, is_part, _ = self._parts(_without_control(prefixes))
        places = tf.where(is_part)[:, 0]
        rows_of_parts, values = tf.gather(rows, places), tf.gather(pieces, places)
        keys, expected = _equal_parts((rows_of_parts, values), (masked.rows, masked.values))
        entries, is_known = places_of(keys, expected)
        is_symbol = tf.equal(tf.expand_dims(values, 1), tf.constant(self.symbols))
        symbols = tf.where(
            is_known,
            tf.gather(tf.concat([masked.symbols, [0]], axis=0), entries),
            tf.argmax(tf.cast(is_symbol, tf.int32), axis=1),
        )
        # The translation of a blank text is empty, whatever its prefix.
        is_blank = tf.strings.regex_full_match(tf.gather(masked.texts, rows_of_parts), BLANK_PATTERN)
        is_own = tf.logical_and(tf.reduce_any(is_symbol, axis=1), tf.logical_not(is_blank))
        is_kept = tf.logical_or(is_known, is_own)
        places, rows_of_parts, symbols, values = (
            tf.boolean_mask(each, is_kept) for each in (places, rows_of_parts, symbols, values)
        )
        texts = tf.strings.unsorted_segment_join(
            tf.tensor_scatter_nd_update(
                _without_symbols(pieces), tf.expand_dims(places, 1), tf.gather(tf.constant(self.symbols), symbols)
            ),
            rows,
            tf.size(prefixes, tf.int64),
        )
        # Equal symbols are filled in the order of the entries, and a translation begins with the prefix.
        is_later = tf.logical_not(places_of(expected, keys)[1])
        parts = ((rows_of_parts, masked.rows), (symbols, masked.symbols), (values, masked.values))
        rows, symbols, values = (
            tf.concat([first, tf.boolean_mask(others, is_later)], axis=0) for first, others in parts
        )
        return texts, masked._replace(rows=rows, symbols=symbols, values=values)

    def pieces(self, texts):
        """Splits a list of strings into the pieces that are text, and those that can be replaced by a symbol.

        Returns:
            For each text the list of its `(piece, whether it can be replaced)`. The pieces of a text are as long as it.
        """
        pieces, rows, is_part, _ = self._parts(_without_control(texts))
        found = [[] for _ in texts]
        for piece, row, part in zip(pieces.numpy(), rows.numpy(), is_part.numpy(), strict=True):
            found[row].append((piece.decode("utf-8", errors="replace"), bool(part)))
        return found

    def _parts(self, texts):
        """Splits texts into pieces.

        Returns:
            The pieces of all texts, the text of each, whether it is replaced, and its kind, each `(pieces,)`.
        """
        pieces, rows, is_part = _split(texts, "|".join(f"(?:{pattern})" for pattern, _ in self._patterns))
        is_match = tf.stack([tf.strings.regex_full_match(pieces, pattern) for pattern, _ in self._patterns], axis=1)
        number = tf.argmax(tf.cast(is_match, tf.int32), axis=1)
        for measure in self._number_of_measures:
            before, after = tf.concat([[""], pieces[:-1]], axis=0), tf.concat([pieces[1:], [""]], axis=0)
            is_inside = tf.logical_or(
                tf.strings.regex_full_match(before, BEFORE_MEASURE), tf.strings.regex_full_match(after, AFTER_MEASURE)
            )
            is_named = tf.logical_and(
                tf.strings.regex_full_match(pieces, LETTERED_MEASURE),
                tf.strings.regex_full_match(before, BEFORE_LETTERED_MEASURE),
            )
            is_inside = tf.logical_or(is_inside, is_named)
            is_part = tf.logical_and(is_part, tf.logical_not(tf.logical_and(tf.equal(number, measure), is_inside)))
        kinds = tf.constant([kind for _, kind in self._patterns], tf.int64)
        return pieces, rows, is_part, tf.gather(kinds, number)

    def _numbered(self, rows, kinds):
        """Returns the numbers of the symbols of parts, in the order of each text."""
        return kinds * NUMBERS + ranks(rows * len(self.kinds) + kinds) % NUMBERS

    def _keys(self, rows, symbols):
        """Returns different numbers for the first, second and so on occurrence of each symbol in each text."""
        groups = rows * len(self.symbols) + symbols
        return groups * _MOST + ranks(groups)


def _split(texts, pattern):
    """Splits texts at the matches of a pattern.

    Returns:
        The pieces of all texts, the text of each, and whether it is a match, each `(pieces,)`.
    """
    marked = tf.strings.regex_replace(texts, f"({pattern})", rf"{_MARK}\1{_MARK}")
    pieces = tf.strings.split(marked, _MARK)
    rows = pieces.value_rowids()
    # Text and matches alternate, and a text comes first.
    place = tf.range(tf.size(pieces.values, tf.int64)) - tf.gather(pieces.row_starts(), rows)
    return pieces.values, rows, tf.equal(place % 2, 1)


def _without_control(texts):
    return tf.strings.regex_replace(texts, _CONTROL, " ")


def _equal_parts(*sides):
    """Returns a number for each part of two sides. It is that of the same occurrence of the same text on the other one.

    Args:
        sides: two pairs of the row and the text of each part.
    """
    named = [tf.strings.join([tf.strings.as_string(rows), _MARK, values]) for rows, values in sides]
    numbers = tf.cast(tf.unique(tf.concat(named, axis=0)).idx, tf.int64)
    return [each * _MOST + ranks(each) for each in tf.split(numbers, [tf.size(each) for each in named], num=2)]


def _without_symbols(pieces):
    """Returns text in which symbols are words without brackets. They are then no tokens."""
    return tf.strings.regex_replace(pieces, r"｟([a-z]+[0-9]+)｠", r"\1")
