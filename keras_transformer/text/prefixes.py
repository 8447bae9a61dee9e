"""Token ids of the forced beginnings of translations."""

import tensorflow as tf

from keras_transformer.errors import InputError, short_repr
from keras_transformer.special_tokens import PADDING_ID, UNKNOWN_ID
from keras_transformer.text.text_batches import checked_texts
from keras_transformer.text.token_rows import token_rows


class PrefixError(InputError):
    """A prefix cannot begin a translation.

    Args:
        message: the text of the error.
        index: index of the prefix.
    """

    def __init__(self, message, index):
        super().__init__(message)
        self.index = index


def checked_prefix_rows(tokenizer, prefixes, num_texts, max_length, mask=lambda prefixes: prefixes):
    """Returns the tokens of prefixes. A blank prefix has none.

    Args:
        tokenizer: the target's `Tokenizer`.
        prefixes: a list of strings.
        num_texts: number of texts to translate, one for each prefix.
        max_length: maximum length of a translation in tokens, including the end token.
        mask: function that returns the masked prefixes, see `Masking`. Default: they are not masked.

    Returns:
        `tf.RaggedTensor` `(num_texts, None)` int32.

    Raises:
        PrefixError: a prefix has an unknown character or too many tokens.
        InputError: the number of prefixes differs from the number of texts.
        ValueError: an item is not a string.
    """
    prefixes = checked_texts(prefixes)
    if len(prefixes) != num_texts:
        raise InputError(
            f"Expected a prefix for each of the {num_texts} texts, empty for none. Received: {len(prefixes)} prefixes."
        )
    rows = token_rows(tokenizer, mask(prefixes))
    unknown = tf.ragged.map_flat_values(_are_unknown, rows, tokenizer)
    for index in tf.where(tf.reduce_any(unknown, axis=1)).numpy()[:1, 0].tolist():
        raise PrefixError(
            f"The prefix {short_repr(prefixes[index])} has a character that is not in the target vocabulary. Remove "
            "it.",
            index,
        )
    for index in tf.where(rows.row_lengths() >= max_length).numpy()[:1, 0].tolist():
        raise PrefixError(
            f"A prefix must have fewer tokens than the maximum length {max_length}, which includes the end token. "
            f"Received: {short_repr(prefixes[index])} of {int(rows.row_lengths()[index])} tokens.",
            index,
        )
    return rows


def prefix_ids(tokenizer, prefixes, max_length):
    """Returns the token ids of prefixes inside a graph.

    An unknown character and a prefix of too many tokens are errors of the graph.

    Args:
        tokenizer: the target's `Tokenizer`.
        prefixes: `(batch,)` strings.
        max_length: maximum length of a translation in tokens, including the end token.

    Returns:
        `(batch, length)` int32, padded with 0.
    """
    rows = token_rows(tokenizer, prefixes)
    is_short = tf.reduce_all(rows.row_lengths() < max_length)
    message = f"`prefix` must have fewer tokens than the maximum length {max_length} of a translation. Received: "
    short = tf.Assert(is_short, [message, prefixes])
    token_ids = rows.to_tensor(PADDING_ID)
    is_known = tf.logical_not(tf.reduce_any(_are_unknown(token_ids, tokenizer)))
    message = "`prefix` has a character that is not in the vocabulary. Received: "
    with tf.control_dependencies([short, tf.Assert(is_known, [message, prefixes])]):
        return tf.identity(token_ids)


def _are_unknown(token_ids, tokenizer):
    """Returns whether token ids are unknown characters, or pieces that an imported model never generates."""
    return tf.logical_or(tf.equal(token_ids, UNKNOWN_ID), token_ids >= tokenizer.num_generated_tokens)
