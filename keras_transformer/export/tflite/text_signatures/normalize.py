import tensorflow as tf

from keras_transformer.export.tflite.text_signatures.graph_parts import (
    as_int,
    compact,
    flatten,
    look_up,
    look_up_pages,
    reachable,
    shifted,
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
        is_first = tf.equal(text, FIRST_SPACE)
        is_space = tf.logical_or(is_first, tf.equal(text, _SPACE))
        is_kept = tf.not_equal(text, 0)
        text = tf.where(is_space, _ESCAPED_SPACE, text)
        if self.remove_extra_whitespaces:
            # The text starts as if after a space.
            after_space = tf.concat([[True], is_space[:-1]], axis=0)
            is_kept = tf.logical_and(is_kept, tf.logical_not(tf.logical_and(is_first, after_space)))
            places = tf.range(tf.size(text))
            is_word = tf.logical_and(is_kept, tf.not_equal(text, _ESCAPED_SPACE))
            num_characters = tf.reduce_max((places + 1) * as_int(is_word))
            is_kept = tf.logical_and(is_kept, tf.less(places, num_characters))
        if self.add_dummy_prefix:
            text = tf.concat([[_ESCAPED_SPACE], text], axis=0)
            is_kept = tf.concat([[tf.greater(num_characters, 0)], is_kept], axis=0)
        return compact(text, is_kept)

    def _with_rules(self, text):
        """Returns the results of the rules. Spaces at the start of a result and kept spaces are `FIRST_SPACE`."""
        # Each result is a part of a table: the results of rules, the text itself, and composed syllables.
        kept = tf.where(tf.equal(text, _SPACE), FIRST_SPACE, text)
        parts, lengths, starts = [kept], tf.minimum(text, 1), tf.range(tf.size(text))
        width, read = 1, tf.minimum(text, 1)
        if self.rules is not None:
            parts, starts, lengths, read = self._matches(text, kept)
            width = self.rules.longest_result
        if self.pieces.symbols is not None:
            symbol = self._symbols(text)
            is_symbol = tf.greater(symbol, 0)
            before = 0 if self.rules is None else len(self.rules.text)
            starts = tf.where(is_symbol, before + tf.range(tf.size(text)), starts)
            lengths = tf.where(is_symbol, symbol, lengths)
            read = tf.where(is_symbol, symbol, read)
            width = max(width, self.pieces.trie.longest)
        lengths = lengths * self._units(read)
        columns = tf.constant([list(range(width))])
        table = tf.concat(parts, axis=0) if len(parts) > 1 else parts[0]
        places = tf.minimum(tf.expand_dims(starts, 1) + columns, tf.size(table) - 1)
        return flatten(tf.gather(table, places), lengths)

    def _matches(self, text, kept):
        """Returns the parts of the table of results, and for each position the start, the length and the characters."""
        rules = self.rules
        kinds = look_up_pages(rules.kinds, text)
        results = look_up(rules.results, kinds)
        read = tf.minimum(text, 1)
        if rules.trie is not None:
            found = walk(rules.trie, look_up(rules.labels, kinds))
            steps = tf.expand_dims(tf.range(1, rules.trie.longest + 1), 1)
            longest = tf.reduce_max(steps * tf.minimum(found, 1), axis=0)
            number = tf.reduce_sum(found * as_int(tf.equal(steps, tf.expand_dims(longest, 0))), axis=0)
            is_found = tf.greater(longest, 0)
            results, read = tf.where(is_found, number, results), tf.where(is_found, longest, read)
        is_result = tf.greater(results, 0)
        places = tf.range(tf.size(text)) + len(rules.text)
        parts = [tf.cast(tf.constant(rules.text), tf.int32), kept]
        starts = tf.where(is_result, look_up(rules.starts, results), places)
        lengths = tf.where(is_result, look_up(rules.lengths, results), tf.minimum(text, 1))
        if rules.jamo is not None:
            syllables, letters = _syllables(look_up(rules.jamo, kinds))
            is_syllable = tf.greater(letters, 0)
            parts.append(syllables)
            starts = tf.where(is_syllable, places + tf.size(text), starts)
            lengths = tf.where(is_syllable, 1, lengths)
            read = tf.where(is_syllable, letters, read)
        return parts, starts, lengths, read

    def _symbols(self, text):
        """Returns the length of the longest user-defined symbol from each position on, or 0."""
        found = walk(self.pieces.trie, look_up_pages(self.pieces.labels, text))
        steps = tf.expand_dims(tf.range(1, self.pieces.trie.longest + 1), 1)
        return tf.reduce_max(steps * look_up(self.pieces.symbols, found), axis=0)

    def _units(self, read):
        """Returns 1 for the positions at which a rule, a symbol or a kept character starts, and 0 for the others."""
        # The padding after the text reads nothing: its chain ends.
        places = tf.range(tf.size(read))
        return reachable(places + read, as_int(tf.equal(places, 0)))


def _syllables(roles):
    """Returns for each position the syllable that starts there, and its number of letters, or 0 if none does."""
    second, third = shifted(roles, 1), shifted(roles, 2)
    is_vowel = tf.logical_and(tf.greater_equal(second, VOWEL), tf.less(second, TAIL))
    is_initial = tf.logical_and(tf.greater_equal(roles, INITIAL), tf.less(roles, VOWEL))
    is_syllable = as_int(tf.logical_and(is_initial, is_vowel))
    tail = tf.maximum(third - TAIL, 0)
    syllables = SYLLABLE_BASE + ((roles - INITIAL) * NUM_VOWELS + second - VOWEL) * NUM_TAILS + tail
    return syllables, is_syllable * (2 + tf.minimum(tail, 1))
