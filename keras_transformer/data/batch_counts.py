"""Counts the batches and pairs of an epoch of `token_batches` in one pass over the text."""

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from keras_transformer.data.dropped_pairs import DroppedPairs
from keras_transformer.data.pool_batches import PoolBatches
from keras_transformer.data.streamed_batches import NO_PAIR_IS_LEFT, streamed_batches
from keras_transformer.errors import InputError
from keras_transformer.text.tokenizers import Tokenizers

if TYPE_CHECKING:
    from keras_transformer.text.tokenizer import Tokenizer


def count_pairs(
    pairs: tf.data.Dataset,
    source_tokenizer: "Tokenizer | Tokenizers",
    target_tokenizer: "Tokenizer | None" = None,
    *,
    seed: int = 0,
    steps_per_epoch: int | None = None,
    **of_pool: Any,
) -> tuple[int, float, DroppedPairs, int]:
    """Counts the batches of an epoch, their padding, and the dropped pairs.

    Args:
        pairs, source_tokenizer, target_tokenizer, seed: see `token_batches`.
        steps_per_epoch: number of batches after which the pass over the text ends. Default None: all batches.
        **of_pool: all other arguments of `token_batches`, except `first_step`.

    Returns:
        The number of batches of an epoch; the fraction of the tokens that are padding; the `DroppedPairs`; and the
        number of tokens of the longest source in a batch, without the end token.

    Raises:
        InputError: every pair was dropped.

    Example:

    >>> num_batches, padding, dropped, longest_source = kt.data.count_pairs(pairs, tokenizer, batch_tokens=1024)
    >>> dropped.blank
    0
    """
    tokenizers = Tokenizers.of(source_tokenizer, target_tokenizer)
    if len(pairs.element_spec) > 2:
        # Alignments do not change the batches.
        pairs = pairs.map(lambda source, target, _: (source, target))
    pool = PoolBatches(tokenizers.source, tokenizers.target, **of_pool)

    def counts(sources, targets, num_pairs, num_blank, num_long, pool_seed):
        *tokens, longest = _sum_of_tokens(pool.batches(sources, targets, pool_seed))
        return tf.data.Dataset.from_tensors((tf.stack([*tokens, num_pairs, num_blank, num_long]), longest))

    sums = np.zeros(6, np.int64)
    longest, is_whole = 0, True
    for numbers, length in streamed_batches(pairs, pool.counted_rows, counts, pool.shuffle, seed).as_numpy_iterator():
        sums += numbers
        longest = max(longest, int(length))
        if steps_per_epoch and sums[0] >= steps_per_epoch:
            is_whole = False
            break
    num_batches, total, real, *numbers = map(int, sums)
    dropped = DroppedPairs(*numbers, pool.max_length, is_whole)
    if not num_batches:
        raise InputError(f"{NO_PAIR_IS_LEFT} Received: {dropped}.")
    return steps_per_epoch or num_batches, 1 - real / total, dropped, longest - 1


def count_batches(batches: tf.data.Dataset) -> tuple[int, float]:
    """Counts the batches of an epoch and their padding in one pass over the data.

    Args:
        batches: the dataset of `token_batches`, or a dataset made from it with other rows.

    Returns:
        A pair: the number of batches, and the fraction of the tokens of both sides that are padding.

    Raises:
        InputError: every pair was dropped.

    Example:

    >>> num_batches, padding = kt.data.count_batches(kt.data.token_batches(pairs, tokenizer, batch_tokens=1024))
    """
    num_batches, total, real, _ = map(int, _sum_of_tokens(batches))
    if not num_batches:
        raise InputError(NO_PAIR_IS_LEFT)
    return num_batches, 1 - real / total


def _sum_of_tokens(batches):
    """Returns the numbers of batches, of tokens with and without padding, and of tokens of the longest source.

    Each is a scalar int64.
    """
    counts = batches.map(lambda inputs, *_: (tf.constant(1, tf.int64), *_token_counts(inputs)))
    return counts.reduce(
        (np.int64(0),) * 4, lambda sums, new: (*map(tf.add, sums[:3], new[:3]), tf.maximum(sums[3], new[3]))
    )


def _token_counts(inputs):
    """Returns the numbers of tokens of both sides with and without padding, and of tokens of the longest source."""
    total = real = tf.constant(0, tf.int64)
    for ids in (inputs["source_ids"], inputs["target_ids"]):
        total += tf.size(ids, tf.int64)
        real += tf.math.count_nonzero(ids, dtype=tf.int64)
    lengths = tf.math.count_nonzero(inputs["source_ids"], axis=1, dtype=tf.int64)
    return total, real, tf.reduce_max(lengths)
