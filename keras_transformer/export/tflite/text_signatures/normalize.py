import tensorflow as tf

from keras_transformer.export.tflite.text_signatures.graph_parts import (
    as_int,
    compact,
    look_up,
    look_up_pages,
    parts_of,
    reachable,
    walk,
)
from keras_transformer.export.tflite.text_signatures.jamo import (
    INITIAL,
    NUM_TAILS,
    NUM_VOWELS,
    SYLLABLE_BASE,
    TAIL,
    VOWEL,
)
from keras_transformer.export.tflite.text_signatures.piece_tables import SPACE
from keras_transformer.export.tflite.text_signatures.rule_tables import FIRST_SPACE

_SPACE = ord(" ")
_ESCAPED_SPACE = ord(SPACE)


class Normalizer:
    """SentencePiece's normalisation of code points: rules, spaces, and user-defined symbols, which are kept.

    Args:
        rules: `RuleTables`, or None without rules.
        pieces: `PieceTables`, for the user-defined symbols.
        add_dummy_prefix: whether a text starts with a space.
        remove_extra_whitespaces: whether spaces at both ends and repeated spaces are removed.
    """

    def __init__(self, rules, pieces, add_dummy_prefix, remove_extra_whitespaces):
        self.rules = rules
        self.pieces = pieces
        self.add_dummy_prefix = add_dummy_prefix
        self.remove_extra_whitespaces = remove_extra_whitespaces

    def normalize(self, text):
        """Maps code points `(length,)` int32, valid and without 0, padded with at least one 0.

        Returns:
            The normalised code points, with at least one 0 at the end, and their number.
        """
        num_characters = tf.reduce_sum(as_int(tf.not_equal(text, 0)))
        text = self._with_rules(text)
        if self.add_dummy_prefix:
            text = tf.pad(text, [[1, 0]], constant_values=FIRST_SPACE)
        is_first = tf.equal(text, FIRST_SPACE)
        is_space = tf.logical_or(is_first, tf.equal(text, _SPACE))
        is_kept = tf.not_equal(text, 0)
        text = tf.where(is_space, _ESCAPED_SPACE, text)
        if self.remove_extra_whitespaces:
            # A text without a prefix starts as if after a space.
            after_space = tf.concat([[not self.add_dummy_prefix], is_space[:-1]], axis=0)
            is_kept = tf.logical_and(is_kept, tf.logical_not(tf.logical_and(is_first, after_space)))
            is_word = tf.logical_and(is_kept, tf.not_equal(text, _ESCAPED_SPACE))
            places = tf.range(1, tf.size(text) + 1)
            end = tf.reduce_max(places * as_int(is_word))
            is_kept = tf.logical_and(is_kept, tf.less_equal(places, end))
        elif self.add_dummy_prefix:
            # An empty text has no prefix.
            is_kept = tf.logical_and(is_kept, tf.greater(num_characters, 0))
        return compact(text, is_kept)

    def _with_rules(self, text):
        """Returns the results of the rules. Spaces at the start of a result and kept spaces are `FIRST_SPACE`."""
        # Each result is a part of a table: the results of rules, the text itself, and composed syllables.
        kept = tf.where(tf.equal(text, _SPACE), FIRST_SPACE, text)
        places = tf.range(tf.size(text))
        parts, lengths, starts = [kept], tf.minimum(text, 1), places
        read = lengths
        if self.rules is not None:
            parts, starts, lengths, read = self._matches(text, kept, places)
        if self.pieces.symbols is not None:
            symbol = self._symbols(text, places)
            is_symbol = tf.greater(symbol, 0)
            before = 0 if self.rules is None else len(self.rules.text)
            starts = tf.where(is_symbol, before + places, starts)
            lengths = tf.where(is_symbol, symbol, lengths)
            read = tf.where(is_symbol, symbol, read)
        if self._reads_several():
            # A rule, a symbol or a kept character starts at a unit. The padding reads nothing: the chain ends there.
            is_unit = tf.logical_or(tf.equal(places, 0), tf.less_equal(tf.reduce_max(read), 1))
            lengths = lengths * reachable(places + read, as_int(is_unit))
        table = tf.concat(parts, axis=0) if len(parts) > 1 else parts[0]
        return parts_of(table, starts, lengths)

    def _reads_several(self):
        """Returns whether a rule or a symbol can read more than one character. Otherwise, each character is a unit."""
        has_rules = self.rules is not None and (self.rules.trie is not None or self.rules.jamo is not None)
        return has_rules or self.pieces.symbols is not None

    def _matches(self, text, kept, places):
        """Returns the parts of the table of results, and for each position the start, the length and the characters."""
        rules = self.rules
        kinds = look_up_pages(rules.kinds, text)
        results = look_up(rules.results, kinds)
        read = tf.minimum(text, 1)
        if rules.trie is not None:
            found = walk(rules.trie, look_up(rules.labels, kinds), places)
            found = tf.reduce_max(found, axis=0)
            is_found = tf.greater(found, 0)
            results = tf.where(is_found, found % len(rules.lengths), results)
            read = tf.where(is_found, found // len(rules.lengths), read)
        is_result = tf.greater(results, 0)
        own = places + len(rules.text)
        parts = [tf.cast(tf.constant(rules.text), tf.int32), kept]
        starts = tf.where(is_result, look_up(rules.starts, results), own)
        lengths = tf.where(is_result, look_up(rules.lengths, results), tf.minimum(text, 1))
        if rules.jamo is not None:
            syllables, letters = _syllables(look_up(rules.jamo, kinds))
            is_syllable = tf.greater(letters, 0)
            parts.append(syllables)
            starts = tf.where(is_syllable, own + tf.size(text), starts)
            lengths = tf.where(is_syllable, 1, lengths)
            read = tf.where(is_syllable, letters, read)
        return parts, starts, lengths, read

    def _symbols(self, text, places):
        """Returns the length of the longest user-defined symbol from each position on, or 0."""
        found = walk(self.pieces.trie, look_up_pages(self.pieces.labels, text), places)
        steps = tf.expand_dims(tf.range(1, self.pieces.trie.longest + 1), 1)
        return tf.reduce_max(steps * look_up(self.pieces.symbols, found), axis=0)


def _syllables(roles):
    """Returns for each position the syllable that starts there, and its number of letters, or 0 if none does."""
    padded = tf.pad(roles, [[0, 2]])
    second, third = padded[1:-1], padded[2:]
    is_vowel = tf.logical_and(tf.greater_equal(second, VOWEL), tf.less(second, TAIL))
    is_initial = tf.logical_and(tf.greater_equal(roles, INITIAL), tf.less(roles, VOWEL))
    is_syllable = as_int(tf.logical_and(is_initial, is_vowel))
    tail = tf.maximum(third - TAIL, 0)
    syllables = SYLLABLE_BASE + ((roles - INITIAL) * NUM_VOWELS + second - VOWEL) * NUM_TAILS + tail
    return syllables, is_syllable * (2 + tf.minimum(tail, 1))
