"""Random numbers that depend only on a seed, a sentence, a step and a sample, in the operations of all runtimes.

TensorFlow's stateless random numbers depend on the row of a batch, and TFLite has none. These numbers are powers modulo
a prime, in whole numbers, so they are the same in TensorFlow, a SavedModel and TFLite.
"""

import numpy as np
import tensorflow as tf

# 2^31 - 1 is a prime. Products of two smaller numbers are exact in int64.
_PRIME = 2**31 - 1
# Base of the polynomial of a sentence's token ids, and one constant for each round. Their values are arbitrary.
_BASE = 1_103_515_245
_ROUND_CONSTANTS = (1_367_130_551, 918_745_211, 1_640_531_527)
# Number of powers in each of two tables, so that a source can have up to the square of it tokens.
_DIGIT = 1024
# Float32 represents multiples of 2^-23 below 1 exactly.
_FRACTION = 2**23


def sentence_keys(source_ids, seed):
    """Returns the keys of sentences for `uniform_numbers`.

    Args:
        source_ids: `(batch, source_length)` int32, 0 is padding. The key depends neither on padding nor on other rows.
        seed: scalar int64, a `seed_key`.

    Returns:
        `(batch,)` int64.
    """
    source_ids = tf.cast(source_ids, tf.int64)
    # The power of a column is the product of the powers of two digits of its number.
    columns = tf.range(tf.shape(source_ids)[1])
    low, high = (
        tf.gather(_powers(step), digit) for step, digit in ((1, columns % _DIGIT), (_DIGIT, columns // _DIGIT))
    )
    powers = tf.expand_dims(low * high % _PRIME, 0)
    hashes = tf.reduce_sum(source_ids * powers % _PRIME, axis=1) % _PRIME
    return _absorb(hashes, seed)


def uniform_numbers(keys, step, count):
    """Returns numbers of the uniform distribution from 0 to 1, without 1.

    Args:
        keys: `(batch,)` int64, see `sentence_keys`.
        step: scalar int32, the number of the step.
        count: number of samples of each sentence.

    Returns:
        `(batch, count)` float32.
    """
    keys = tf.expand_dims(_absorb(keys, tf.cast(step, tf.int64)), 1)
    mixed = _absorb(keys, np.arange(count, dtype="int64")[np.newaxis])
    return tf.cast(mixed % _FRACTION, tf.float32) * (1.0 / _FRACTION)


def seed_key(seed):
    """Returns the key of a seed, a number in Python. The seed is a whole number of at least 0 of any size."""
    key = 0
    while True:
        seed, digit = divmod(int(seed), _PRIME)
        key = _absorb(key, digit)
        if not seed:
            return key


def _absorb(state, number):
    """Mixes a number into a state from 0 to `_PRIME`, both of Python, NumPy or TensorFlow in int64."""
    state = (state + number) % _PRIME
    for constant in _ROUND_CONSTANTS:
        state = (state + constant) % _PRIME
        square = state * state % _PRIME
        state = square * square % _PRIME * state % _PRIME  # The power of 5 is a permutation modulo the prime.
    return state


def _powers(step):
    return np.array([pow(_BASE, step * number, _PRIME) for number in range(_DIGIT)], "int64")
