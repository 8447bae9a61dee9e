"""Counts of what an epoch of `token_batches` holds, in one pass over the text."""

import numpy as np
import tensorflow as tf

from keras_transformer.data.left_out import LeftOut
from keras_transformer.data.pool_batches import PoolBatches
from keras_transformer.data.streamed_batches import NO_PAIR_IS_LEFT, streamed_batches
from keras_transformer.errors import InputError


def count_pairs(pairs, source_tokenizer, target_tokenizer=None, *, seed=0, steps_per_epoch=None, **of_pool):
    """Counts the batches of an epoch, their padding, and the pairs that are in none of them.

    Args:
        pairs, source_tokenizer, target_tokenizer, seed: as of `token_batches`.
        steps_per_epoch: a number of batches after which the pass over the text ends. Default None: all there are.
        **of_pool: all others of `token_batches`, except for `first_step`.

    Returns:
        The number of batches of an epoch; the part of the tokens that are padding, from 0 to 1; the `LeftOut` pairs;
        and the number of tokens of the longest source in a batch, without the end token.

    Raises:
        InputError: there is no batch: every pair is left out.
    """
    pool = PoolBatches(source_tokenizer, target_tokenizer or source_tokenizer, **of_pool)

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
    left_out = LeftOut(*numbers, pool.max_length, is_whole)
    if not num_batches:
        raise InputError(f"{NO_PAIR_IS_LEFT} Received: {left_out}.")
    return steps_per_epoch or num_batches, 1 - real / total, left_out, longest - 1


def count_batches(batches):
    """Counts the batches of an epoch and how much of them is padding, in one pass over the data.

    Args:
        batches: what `token_batches` returns, or what is made of it with other rows.

    Returns:
        A pair: the number of batches, and the part of the tokens that are padding, both sides counted, from 0 to 1.

    Raises:
        InputError: there is no batch: every line was filtered out.
    """
    num_batches, total, real, _ = map(int, _sum_of_tokens(batches))
    if not num_batches:
        raise InputError(NO_PAIR_IS_LEFT)
    return num_batches, 1 - real / total


def _sum_of_tokens(batches):
    """The numbers of batches, of tokens with padding, of tokens without it, and of those of the longest source; scalar
    int64."""
    counts = batches.map(lambda inputs, *_: (tf.constant(1, tf.int64), *_token_counts(inputs)))
    return counts.reduce(
        (np.int64(0),) * 4, lambda sums, new: (*map(tf.add, sums[:3], new[:3]), tf.maximum(sums[3], new[3]))
    )


def _token_counts(inputs):
    """Tokens with padding and tokens without, of both sides, and tokens of the longest source."""
    total = real = tf.constant(0, tf.int64)
    for ids in inputs.values():
        total += tf.size(ids, tf.int64)
        real += tf.math.count_nonzero(ids, dtype=tf.int64)
    lengths = tf.math.count_nonzero(inputs["source_ids"], axis=1, dtype=tf.int64)
    return total, real, tf.reduce_max(lengths)
