"""Selects the most probable tokens of a large vocabulary in few passes over the logits."""

import math
from typing import NamedTuple

import tensorflow as tf

from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS

# Below this number of tokens, a plain `top_k` is equally fast.
SMALL_VOCABULARY = 512
# Block size of `top_k` for the tokens of a shortlist, whose number is not static.
BLOCK_SIZE = 16


class TopTokens(NamedTuple):
    """Log-probabilities of the best tokens of every row. They are minus infinity for special tokens.

    Args:
        log_probs: `(rows, count)` float32, unordered.
        token_ids: `(rows, count)` int32.
        end_log_probs: `(rows,)` float32, of the end token.
    """

    log_probs: tf.Tensor
    token_ids: tf.Tensor
    end_log_probs: tf.Tensor


def top_tokens(logits, count, token_ids=None):
    """Returns the `count` most probable ordinary tokens of every row, and the end token.

    A few more tokens are returned, because the best tokens can include special tokens, which are never generated.

    Args:
        logits: `(rows, vocabulary_size)` float32, with static vocabulary size, or the logits of `token_ids`.
        count: number of ordinary tokens.
        token_ids: those of a shortlist, `(num_tokens,)` int32. Default None: the whole vocabulary.

    Returns:
        `TopTokens` with `min(count + NUM_SPECIAL_TOKENS, vocabulary_size)` tokens.
    """
    count += NUM_SPECIAL_TOKENS
    values, places = top_k(logits, count if token_ids is not None else min(count, logits.shape[-1]))
    log_normalizers = log_normalizer(logits, values[:, :1], places[:, :1])
    token_ids = tokens_at(places, token_ids)
    is_special = token_ids < NUM_SPECIAL_TOKENS
    log_probs = tf.where(is_special, -math.inf, values - log_normalizers)
    end_log_probs = logits[:, END_ID] - tf.squeeze(log_normalizers, 1)
    return TopTokens(log_probs, token_ids, end_log_probs)


def tokens_at(places, token_ids):
    """Returns the tokens at places of the logits, `(rows, count)`. Without a shortlist, the places are the ids."""
    return places if token_ids is None else tf.gather(token_ids, places)


def log_normalizer(logits, largest, largest_ids):
    """Computes log(sum(exp(logits))) of every row, `(rows, 1)`.

    The softmax is the fastest pass over a vocabulary. The probability of the largest logit is
    exp(largest) / sum(exp(logits)). It is at least 1 / vocabulary_size, so its logarithm is exact.
    """
    probabilities = tf.nn.softmax(logits)
    return largest - tf.math.log(tf.gather(probabilities, largest_ids, batch_dims=1))


def top_k(logits, k):
    """Computes `tf.math.top_k` in two levels: the best blocks of the vocabulary, then their best entries.

    The result is exact: an entry among the best k is in a block whose maximum is among the best k maxima.

    Args:
        logits: `(rows, vocabulary_size)`. The vocabulary size is static, or a multiple of `BLOCK_SIZE` with at least
            `k` blocks.
        k: number of entries, at most `vocabulary_size`.

    Returns:
        Values and indices, each `(rows, k)`, largest first.
    """
    vocabulary_size = logits.shape[-1]
    if vocabulary_size is None:
        return _top_k_of_blocks(tf.reshape(logits, (-1, tf.shape(logits)[1] // BLOCK_SIZE, BLOCK_SIZE)), k)
    block_size = best_block_size(vocabulary_size, k)
    num_blocks = -(-vocabulary_size // block_size)
    if vocabulary_size < SMALL_VOCABULARY or num_blocks <= k:
        return tf.math.top_k(logits, k)
    missing = num_blocks * block_size - vocabulary_size
    if missing:
        logits = tf.pad(logits, [[0, 0], [0, missing]], constant_values=logits.dtype.min)
    return _top_k_of_blocks(tf.reshape(logits, (-1, num_blocks, block_size)), k)


def _top_k_of_blocks(blocks, k):
    block_size = blocks.shape[2]
    _, best_blocks = tf.math.top_k(tf.reduce_max(blocks, axis=2), k)
    entries = tf.gather(blocks, best_blocks, batch_dims=1)
    values, positions = tf.math.top_k(tf.reshape(entries, (-1, k * block_size)), k)
    block_of_position = tf.gather(best_blocks, positions // block_size, batch_dims=1)
    return values, block_of_position * block_size + positions % block_size


def best_block_size(vocabulary_size, k):
    """Returns the block size with the least work in both levels, preferably a divisor of the vocabulary size."""
    ideal = max(1, round(math.sqrt(vocabulary_size / k)))
    sizes = range(max(1, ideal // 2), 2 * ideal + 1)
    even = [size for size in sizes if vocabulary_size % size == 0]
    return min(even or sizes, key=lambda size: abs(size - ideal))
