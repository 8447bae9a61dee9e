import tensorflow as tf

from keras_transformer.export.tflite.text_signatures.graph_parts import as_int, look_up, scan, scatter
from keras_transformer.export.tflite.text_signatures.piece_tables import NUM_BYTES

_REPLACEMENT = 0xFFFD
_SURROGATES = 0xD800 // 0x800
_MOST_BYTES = 4


class Detokenizer:
    """The texts of token ids, as SentencePiece writes them: tokens, spaces, and bytes in UTF-8.

    Args:
        pieces: `PieceTables`.
        drops_spaces: whether all spaces before a text are dropped, one of each token.
    """

    def __init__(self, pieces, drops_spaces):
        self.pieces = pieces
        self.drops_spaces = drops_spaces
        (self.vocabulary_size,) = pieces.slots.shape

    def detokenize(self, token_ids):
        """Maps token ids `(rows, length)` int32 to code points `(rows, length * longest token)`, padded with 0.

        Ids outside of the vocabulary, special tokens and the character 0 have no text.
        """
        rows, length = tf.unstack(tf.shape(token_ids))
        # Padding separates the rows.
        token_ids = tf.reshape(tf.pad(token_ids, [[0, 0], [0, _MOST_BYTES]]), (-1,))
        is_token = tf.logical_and(tf.greater_equal(token_ids, 0), tf.less(token_ids, self.vocabulary_size))
        token_ids = token_ids * as_int(is_token)
        labels = self._spelled(look_up(self.pieces.slots, token_ids))
        steps = tf.expand_dims(tf.range(self.pieces.longest), 1)
        lengths = tf.reduce_sum(tf.minimum(labels, 1), axis=0)
        is_space = tf.logical_and(tf.equal(labels, self.pieces.label_of_space), tf.equal(steps, lengths - 1))
        starts_with_space = tf.reduce_sum(as_int(is_space), axis=0)
        # If spaces before a text are dropped, a token that is one space leaves nothing.
        is_written = tf.greater(lengths, starts_with_space if self.drops_spaces else 0)
        characters = look_up(self.pieces.characters, labels)
        if self.pieces.first_byte is not None:
            is_byte, decoded = _decoded(token_ids - self.pieces.first_byte)
            # A token of a byte has no labels, so the character is the first of a token.
            characters = tf.concat([characters[:1] + tf.expand_dims(decoded, 0), characters[1:]], axis=0)
            lengths = lengths + tf.minimum(decoded, 1)
            is_written = tf.logical_or(is_written, is_byte)
        table = tf.stack([rows, length + _MOST_BYTES])
        if self.drops_spaces:
            before = tf.cumsum(tf.reshape(as_int(is_written), table), axis=1, exclusive=True)
            is_at_start = tf.reshape(tf.equal(before, 0), (-1,))
            lengths = lengths - starts_with_space * as_int(is_at_start)
        width = length * self.pieces.longest
        ends = tf.cumsum(tf.reshape(lengths, table), axis=1) + tf.expand_dims(tf.range(rows) * width, 1)
        is_kept = as_int(tf.less(steps, tf.expand_dims(lengths, 0)))
        places = (tf.reshape(ends, (1, -1)) - 1 - steps) * is_kept
        # One more place, because rows without a token have none for the padding.
        joined = scatter(
            tf.reshape(places, (-1,)), tf.reshape(characters * is_kept, (-1,)), tf.expand_dims(rows * width + 1, 0)
        )
        return tf.reshape(joined[:-1], tf.stack([rows, width]))

    def _spelled(self, slots):
        """Returns the labels of tokens `(longest token, tokens)`, the last character of each token first, then 0."""
        trie = self.pieces.trie
        path = scan(lambda slots, _: look_up(trie.check, slots), slots, trie.longest)
        # The root is its own parent, and its base is after it.
        return tf.maximum(path[:-1] - look_up(trie.base, path[1:]), 0)


def _decoded(values):
    """Decodes UTF-8.

    Args:
        values: `(tokens,)` int32, bytes. Other values separate texts.

    Returns:
        Which values are bytes; and the characters, each at its first byte, otherwise 0. A byte that is no part of a
        character is U+FFFD.
    """
    is_byte = tf.logical_and(tf.greater_equal(values, 0), tf.less(values, NUM_BYTES))
    first = tf.where(is_byte, values, -1)
    padded = tf.pad(first, [[0, 3]])
    following = tf.stack([padded[1:-2], padded[2:-1], padded[3:]])
    # Whether the next one, two and three bytes can follow a first one.
    can_follow = tf.equal(tf.cumsum(as_int(tf.not_equal(following // 64, 2))), 0)
    found = [first]
    for bits in tf.unstack(following % 64, 3):
        found.append(found[-1] * 64 + bits)
    found = tf.stack(found[1:]) - tf.constant([[0xC0 << 6], [0xE0 << 12], [0xF0 << 18]])
    # A character of these ranges has the first byte of its length.
    is_long_enough = tf.greater_equal(found, tf.constant([[0x80], [0x800], [0x10000]]))
    is_short_enough = tf.less(found, tf.constant([[0x800], [0x10000], [0x110000]]))
    is_character = tf.logical_and(can_follow, tf.logical_and(is_long_enough, is_short_enough))
    is_character = as_int(tf.logical_and(is_character, tf.not_equal(found // 0x800, _SURROGATES)))
    decoded = tf.reduce_sum(found * is_character, axis=0)
    num_following = tf.reduce_sum(tf.constant([[1], [2], [3]]) * is_character, axis=0)
    # The following bytes of a character.
    padded = tf.pad(num_following, [[3, 0]])
    before = tf.stack([padded[2:-1], padded[1:-2], padded[:-3]])
    covered = tf.reduce_max(before - tf.constant([[0], [1], [2]]), axis=0)
    single = tf.where(tf.less(first, 0x80), tf.maximum(first, 0), _REPLACEMENT)
    return is_byte, tf.where(tf.greater(decoded + covered, 0), decoded, single)
