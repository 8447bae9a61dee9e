"""Counts and finds equal numbers in vectors, in TensorFlow's operations."""

import tensorflow as tf


def ranks(numbers):
    """Returns for each number of `(n,)` int64 how many earlier ones are equal, `(n,)` int64."""
    order = tf.argsort(numbers, stable=True)
    ordered = tf.gather(numbers, order)
    first = tf.searchsorted(ordered, ordered, side="left", out_type=tf.int64)
    count = tf.size(numbers, tf.int64)
    places = tf.expand_dims(tf.cast(order, tf.int64), 1)
    return tf.scatter_nd(places, tf.range(count) - first, tf.expand_dims(count, 0))


def places_of(numbers, among):
    """Returns the place of each number in another vector of different numbers.

    Args:
        numbers: `(n,)` int64.
        among: `(m,)` int64, different numbers below the greatest int64.

    Returns:
        `(n,)` int64 places, and `(n,)` whether the number was found. The place of a missing number is `m`.
    """
    # The last number is never looked for, so an empty vector needs no special case.
    among = tf.concat([among, [tf.int64.max]], axis=0)
    order = tf.argsort(among)
    ordered = tf.gather(among, order)
    places = tf.searchsorted(ordered, numbers, side="left")
    is_found = tf.equal(tf.gather(ordered, places), numbers)
    found = tf.cast(tf.gather(order, places), tf.int64)
    return tf.where(is_found, found, tf.size(among, tf.int64) - 1), is_found
