"""Token ids of the texts with which translations must begin."""

import tensorflow as tf

from keras_transformer.errors import InputError, short_repr
from keras_transformer.special_tokens import PADDING_ID, UNKNOWN_ID
from keras_transformer.text.text_batches import checked_texts
from keras_transformer.text.token_rows import token_rows


def checked_prefix_rows(tokenizer, prefixes, num_texts, max_length):
    """Returns the tokens of prefixes. A blank prefix has none.

    Args:
        tokenizer: the target's `Tokenizer`.
        prefixes: a list of strings.
        num_texts: number of texts to translate, one for each prefix.
        max_length: maximum length of a translation in tokens, including the end token.

    Returns:
        `tf.RaggedTensor` `(num_texts, None)` int32.

    Raises:
        InputError: the number of prefixes differs from the number of texts, or a prefix has an unknown character or too
            many tokens.
        ValueError: an item is not a string.
    """
    prefixes = checked_texts(prefixes)
    if len(prefixes) != num_texts:
        raise InputError(
            f"Expected a prefix for each of the {num_texts} texts, empty for none. Received: {len(prefixes)} prefixes."
        )
    rows = token_rows(tokenizer, prefixes)
    for index in tf.where(tf.reduce_any(tf.equal(rows, UNKNOWN_ID), axis=1)).numpy()[:1, 0]:
        raise InputError(
            f"The prefix {short_repr(prefixes[index])} has a character that is not in the target vocabulary. Remove it."
        )
    for index in tf.where(rows.row_lengths() >= max_length).numpy()[:1, 0]:
        raise InputError(
            f"A prefix must have fewer tokens than the maximum length {max_length}, which includes the end token. "
            f"Received: {short_repr(prefixes[index])} of {int(rows.row_lengths()[index])} tokens."
        )
    return rows


def prefix_ids(tokenizer, prefixes, max_length):
    """Returns the token ids of prefixes inside a graph, cut before the end token at `max_length`.

    An unknown character is an error of the graph.

    Args:
        tokenizer: the target's `Tokenizer`.
        prefixes: `(batch,)` strings.
        max_length: maximum length of a translation in tokens, including the end token.

    Returns:
        `(batch, length)` int32, padded with 0.
    """
    token_ids = token_rows(tokenizer, prefixes)[:, : max_length - 1].to_tensor(PADDING_ID)
    is_known = tf.reduce_all(tf.not_equal(token_ids, UNKNOWN_ID))
    message = "`prefix` has a character that is not in the vocabulary. Received: "
    with tf.control_dependencies([tf.Assert(is_known, [message, prefixes])]):
        return tf.identity(token_ids)
