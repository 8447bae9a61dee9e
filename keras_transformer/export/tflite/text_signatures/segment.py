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
# Twice this score is finite.
_LOWEST = np.float32(-1e38)
# Number of places of a step of the loop over a text. A step costs more time than its sums.
_BLOCK = 8

# For 0 to 3 following bytes: the first bit of each byte, and the marks of bytes. A following byte has six bits.
_DIVISORS = np.array([[1 << 6 * max(count - place, 0) for place in range(4)] for count in range(4)], "int32")
_MARKS = np.array([[mark] + [0x80] * 3 for mark in (0, 0xC0, 0xE0, 0xF0)], "int32")


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
        places = tf.range(tf.size(text))
        found = walk(self.pieces.trie, look_up_pages(self.pieces.labels, text), places)
        # Row n has the tokens of n characters. A character that is no token is unknown.
        least = [PADDING_ID, UNKNOWN_ID] + [PADDING_ID] * (self.pieces.longest - 1)
        found = tf.maximum(tf.pad(found, [[1, 0], [0, 0]]), tf.constant([[token_id] for token_id in least]))
        found = tf.transpose(found)
        scores = tf.bitcast(tf.gather(self.pieces.scores, found), tf.float32)
        last = self._last_tokens(scores, places, length)
        starts = places - last
        is_end = reachable(starts, as_int(tf.equal(places, length)))
        token_ids = tf.gather(tf.reshape(found, (-1,)), starts * (self.pieces.longest + 1) + last) * is_end
        is_unknown = tf.equal(token_ids, UNKNOWN_ID)
        if self.pieces.first_byte is None:
            # Several unknown characters in a row are one token.
            follows = tf.logical_and(is_unknown, tf.gather(is_unknown, starts))
            return compact(token_ids, tf.logical_and(tf.greater(token_ids, PADDING_ID), tf.logical_not(follows)))
        return self._with_bytes(token_ids, tf.gather(text, starts))

    def _last_tokens(self, scores, places, length):
        """Returns for each place the length of the last token of the best path to it.

        Args:
            scores: `(size, 1 + longest)` float32, the scores of the substrings of 0, 1, 2, ... characters from each
                place.
            places: `(size,)` int32, 0, 1, 2, ...
            length: scalar int32, number of characters.

        Returns:
            `(size,)` int32, at most the place. Places after `length` have any value.
        """
        longest = self.pieces.longest
        unknown = self.pieces.scores[UNKNOWN_ID : UNKNOWN_ID + 1].view("float32")[0]
        # Of float32 constants, the converter would make float16.
        bits = np.array([_SYMBOL, _REST, unknown, _LOWEST]).view("int32")
        constants = tf.bitcast(tf.gather(bits, tf.minimum(length, 0) + tf.range(len(bits))), tf.float32)
        *symbol, unknown, lowest = tf.unstack(constants)
        # Before the text is room for tokens that would start there. The other room is for `_best_scores`.
        scores = tf.pad(scores, [[longest, _BLOCK], [0, _BLOCK]], constant_values=lowest)
        best, size, first = self._best_scores(scores, tf.size(places), length, lowest, symbol)
        # The tokens that end at each place, by length, and the paths to their starts.
        width = 1 + longest + _BLOCK
        lengths = tf.range(1, longest + 1)
        tokens = tf.gather(
            tf.reshape(scores, (-1,)), tf.expand_dims(places * width, 1) + (longest - lengths) * width + lengths
        )
        paths = tf.gather(best, tf.minimum(tf.expand_dims(places + first, 1) - lengths, size - 1))
        total, error = self._sum(tokens, paths, symbol)
        # The best sum of these, not `best`: another order of operations in the loop would round it otherwise.
        is_best = as_int(tf.equal(total, tf.reduce_max(total, axis=1, keepdims=True)))
        is_greater = tf.greater(error, 0.0)
        if not self.pieces.has_all_characters:
            # The sum of an unknown character is rounded before the comparison.
            is_greater = tf.logical_and(is_greater, tf.not_equal(tokens, unknown))
        # Of the sums that are rounded to the best score, the last one above it by start wins, otherwise the first one.
        ranks = is_best * tf.where(is_greater, 2 * longest + 1 - lengths, lengths)
        of_rank = tf.constant([0, *range(1, longest + 1), *range(longest, 0, -1)])
        return tf.minimum(tf.gather(of_rank, tf.reduce_max(ranks, axis=1)), places)

    def _best_scores(self, scores, size, length, lowest, symbol):
        """Returns the score of the best path to each place, the path of each step rounded to float32.

        Args:
            scores: see `_last_tokens`, with room.
            size, length, lowest, symbol: see `_last_tokens`.

        Returns:
            A vector of scores, float32, its size, and the index of the first place, at least `longest`. Places after
            `length` have any score or none.
        """
        longest = self.pieces.longest
        width = longest + _BLOCK
        lowests = tf.fill([_BLOCK], lowest)

        def step(place, window, best):
            # `window` has the best scores so far of the places from `place` on. Rows of `scores` are longer by one
            # element. Cut to the width of `window`, each row starts one place later than the row before.
            rows = tf.reshape(tf.gather(scores, place + tf.range(longest, width)), (-1,))
            rows = tf.reshape(rows[: _BLOCK * width], (_BLOCK, width))
            for number, row in enumerate(tf.unstack(rows)):
                window = tf.maximum(window, self._rounded_sum(row, window[number : number + 1], symbol))
            best = tf.concat([best[_BLOCK:], window[:_BLOCK]], axis=0)
            return place + _BLOCK, tf.concat([window[_BLOCK:], lowests], axis=0), best

        size = size + width
        start = (
            tf.constant(0),
            tf.concat([[0.0], tf.fill([width - 1], lowest)], axis=0),
            tf.zeros(tf.expand_dims(size, 0)),
        )
        shapes = (tf.TensorShape(()), tf.TensorShape((width,)), tf.TensorShape((None,)))
        place, _, best = tf.while_loop(lambda place, *_: tf.less_equal(place, length), step, start, shapes)
        return best, size, size - place

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

    def _with_bytes(self, token_ids, characters):
        """Spells unknown characters in bytes."""
        is_unknown = tf.equal(token_ids, UNKNOWN_ID)
        num_bytes, spelled = _utf8(characters)
        grid = tf.where(tf.expand_dims(is_unknown, 1), spelled + self.pieces.first_byte, tf.expand_dims(token_ids, 1))
        lengths = tf.where(is_unknown, num_bytes, tf.minimum(token_ids, 1))
        return flatten(grid, lengths), tf.reduce_sum(lengths)


def _utf8(characters):
    """Returns the number of bytes of characters in UTF-8, and the bytes `(characters, 4)`."""
    characters = tf.expand_dims(characters, 1)
    following = tf.reduce_sum(as_int(tf.greater_equal(characters, tf.constant([[0x80, 0x800, 0x10000]]))), axis=1)
    bits = characters // tf.gather(_DIVISORS, following) % tf.constant([[1 << 7] + [1 << 6] * 3])
    return following + 1, tf.gather(_MARKS, following) + bits
