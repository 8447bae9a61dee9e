import numpy as np
import tensorflow as tf

from keras_transformer.export.tflite.text_signatures.graph_parts import (
    as_int,
    compact,
    flatten,
    look_up_pages,
    reachable,
    walk,
)
from keras_transformer.export.tflite.text_signatures.piece_tables import SYMBOL_SCORE
from keras_transformer.special_tokens import PADDING_ID, UNKNOWN_ID

# The score of a symbol is a float64, the sum of a float32 and a rest.
_SYMBOL = np.float32(SYMBOL_SCORE)
_REST = np.float32(SYMBOL_SCORE - np.float64(_SYMBOL))
_LOWEST = np.float32(-3e38)


class Segmenter:
    """The best segmentation of a normalised text by a unigram model, as TensorFlow Text finds it.

    TensorFlow Text compares the exact sum of the scores of a path and a token with the best score, which was rounded to
    float32. Here, the exact sum is the rounded sum and its error.

    Args:
        pieces: `PieceTables`.

    Reference:
        Knuth, The Art of Computer Programming, volume 2, 4.2.2, theorem B: the error of a sum.
    """

    def __init__(self, pieces):
        self.pieces = pieces

    def segment(self, text, length):
        """Maps a normalised text to token ids.

        Args:
            text: `(size,)` int32, code points and at least one 0.
            length: scalar int32, number of code points.

        Returns:
            `(tokens + 1,)` int32, ids and at least one 0, and their number.
        """
        found = walk(self.pieces.trie, look_up_pages(self.pieces.labels, text))
        # A character that is no token is unknown.
        is_single = tf.greater(found[:1], PADDING_ID)
        found = tf.concat([tf.where(is_single, found[:1], UNKNOWN_ID), found[1:]], axis=0)
        found = tf.transpose(found)
        scores = tf.bitcast(tf.gather(self.pieces.scores, found), tf.float32)
        last = self._last_tokens(scores, length)
        places = tf.range(tf.size(last))
        starts = places - last
        is_end = reachable(starts, as_int(tf.equal(places, length)))
        is_end = tf.greater(is_end * last, 0)
        token_ids = tf.gather(
            tf.reshape(found, (-1,)), tf.maximum(starts * self.pieces.longest + last - 1, 0)
        ) * as_int(is_end)
        is_unknown = tf.equal(token_ids, UNKNOWN_ID)
        if self.pieces.first_byte is None:
            # Several unknown characters in a row are one token.
            follows = tf.logical_and(is_unknown, tf.gather(is_unknown, starts))
            return compact(token_ids, tf.logical_and(is_end, tf.logical_not(follows)))
        return self._with_bytes(token_ids, is_end, tf.gather(text, starts))

    def _last_tokens(self, scores, length):
        """Returns for each end the length of the last token of the best path.

        Args:
            scores: `(size, longest)` float32, the scores of the substrings of 1, 2, ... characters from each place.
            length: scalar int32, number of characters.

        Returns:
            `(size,)` int32, 0 for places that are no end.
        """
        longest = self.pieces.longest
        unknown = self.pieces.scores[UNKNOWN_ID : UNKNOWN_ID + 1].view("float32")[0]
        # Of float32 constants, the converter would make float16.
        bits = np.array([_SYMBOL, _REST, unknown, _LOWEST]).view("int32")
        constants = tf.bitcast(tf.gather(bits, tf.minimum(length, 0) + tf.range(len(bits))), tf.float32)
        *symbol, unknown, lowest = tf.unstack(constants)
        best = self._best_scores(scores, length, lowest, symbol)
        # The tokens that end at each place, by length.
        lengths = tf.range(1, longest + 1)
        starts = tf.expand_dims(tf.range(tf.size(best)), 1) - lengths
        is_token = tf.greater_equal(starts, 0)
        starts = tf.maximum(starts, 0)
        tokens = tf.gather(tf.reshape(scores, (-1,)), starts * longest + lengths - 1)
        total, error = self._sum(tokens, tf.gather(best, starts), symbol)
        # The best sum of these, not `best`: another order of operations in the loop would round it otherwise.
        total = tf.where(is_token, total, lowest)
        is_best = as_int(tf.logical_and(is_token, tf.equal(total, tf.reduce_max(total, axis=1, keepdims=True))))
        is_greater = tf.greater(error, 0.0)
        if not self.pieces.has_all_characters:
            # The sum of an unknown character is rounded before the comparison.
            is_greater = tf.logical_and(is_greater, tf.not_equal(tokens, unknown))
        # Of the sums that are rounded to the best score, the last one above it by start wins, otherwise the first one.
        ranks = is_best * tf.where(is_greater, 2 * longest + 1 - lengths, lengths)
        rank = tf.reduce_max(ranks, axis=1)
        last = tf.where(tf.greater(rank, longest), 2 * longest + 1 - rank, rank)
        return last * as_int(tf.less_equal(tf.range(tf.size(last)), length))

    def _best_scores(self, scores, length, lowest, symbol):
        """Returns the score of the best path to each place `(size,)`, the path of each step rounded to float32."""

        def step(place, here, paths, best):
            # `paths` has the best scores of the next ends so far, `here` is the score of this place.
            total = self._rounded_sum(tf.gather(scores, place), here, symbol)
            paths = tf.maximum(paths, total)
            here = paths[:1]
            paths = tf.concat([paths[1:], [lowest]], axis=0)
            return place + 1, here, paths, tf.concat([best[1:], here], axis=0)

        start = (
            tf.constant(0),
            tf.zeros([1]),
            tf.fill([self.pieces.longest], lowest),
            tf.zeros(tf.shape(scores)[:1]),
        )
        shapes = (tf.TensorShape(()), tf.TensorShape((1,)), tf.TensorShape((self.pieces.longest,)))
        shapes += (tf.TensorShape((None,)),)
        *_, best = tf.while_loop(lambda place, *_: tf.less(place, length), step, start, shapes)
        # The scores of the places 1, 2, ..., `length` are at the end.
        best = best[tf.size(best) - length :]
        return tf.concat([[0.0], best, tf.zeros([tf.shape(scores)[0] - 1 - length])], axis=0)

    def _rounded_sum(self, tokens, paths, symbol):
        return tokens + paths if self.pieces.symbols is None else self._sum(tokens, paths, symbol)[0]

    def _sum(self, tokens, paths, symbol):
        """Returns the sums of scores, rounded to float32, and their errors.

        Args:
            tokens, paths: float32 scores.
            symbol: the score of a symbol in float32, and the rest of it.
        """
        total = tokens + paths
        part = total - tokens
        error = (tokens - (total - part)) + (paths - part)
        if self.pieces.symbols is not None:
            score, rest = symbol
            # TensorFlow's graph optimizer changes the order of sums of sums, and so their rounding. Here, `error` has
            # two uses and the sum is behind a `where`, so nothing is reordered.
            error = tf.where(tf.equal(tokens, score), error + rest, error)
            rounded, total = total, total + error
            error = (rounded - total) + error
        return total, error

    def _with_bytes(self, token_ids, is_end, characters):
        """Spells unknown characters in bytes."""
        is_unknown = tf.equal(token_ids, UNKNOWN_ID)
        num_bytes, spelled = _utf8(characters)
        grid = tf.where(tf.expand_dims(is_unknown, 1), spelled + self.pieces.first_byte, tf.expand_dims(token_ids, 1))
        lengths = tf.where(is_unknown, num_bytes, 1) * as_int(is_end)
        return flatten(grid, lengths), tf.reduce_sum(lengths)


def _utf8(characters):
    """Returns the number of bytes of characters in UTF-8, and the bytes `(characters, 4)`."""
    characters = tf.expand_dims(characters, 1)
    limits = tf.constant([[0x80, 0x800, 0x10000]])
    num_bytes = 1 + tf.reduce_sum(as_int(tf.greater_equal(characters, limits)), axis=1)
    columns = tf.constant([[0, 1, 2, 3]])
    # Six bits in each byte. The last byte has the lowest.
    following = tf.maximum(tf.expand_dims(num_bytes, 1) - columns - 1, 0)
    bits = characters // tf.gather(tf.constant([1, 1 << 6, 1 << 12, 1 << 18]), following)
    mark = tf.expand_dims(tf.gather(tf.constant([0, 0, 0xC0, 0xE0, 0xF0]), num_bytes), 1)
    return num_bytes, tf.where(tf.greater(columns, 0), 0x80 + bits % 64, mark + bits)
