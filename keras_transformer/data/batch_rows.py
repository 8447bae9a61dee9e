"""Batches of `token_batches` with other rows: doubled, cut into parts, or only the rows of one process."""

import tensorflow as tf

from keras_transformer.special_tokens import PADDING_ID


def repeat_rows(batches, copies):
    """Puts every pair several times into its batch, one row below the other, as `RDropCrossEntropy` needs it.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)`, or `(inputs, labels, weights)` as `split_rows` makes it.
        copies: how often a pair stands in its batch. Batches that `split_rows` cuts are cut first, since it deals the
            rows out, and copies would land in different parts.

    Returns:
        `tf.data.Dataset` with `copies` times the rows, the weights divided by `copies`.

    Example:

    >>> batches = repeat_rows(token_batches(pairs, tokenizer, shuffle=True), copies=2)
    """

    def repeat(inputs, labels, weights=None):
        repeated = tf.nest.map_structure(lambda rows: tf.repeat(rows, copies, axis=0), (inputs, labels))
        return repeated if weights is None else (*repeated, tf.repeat(weights, copies, axis=0) / copies)

    return batches.map(repeat)


def split_rows(batches, parts):
    """Cuts every batch into parts, for an optimizer with `gradient_accumulation_steps=parts`.

    The parts carry weights with which the accumulated gradient is that of the whole batch, whatever number of real
    tokens each part has: the loss must be a sum, `SmoothedCrossEntropy(reduction="sum")`, and the weight of a row is
    `parts` (Keras divides by it) over the number of real tokens of the batch.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)`.
        parts: the number of parts. Where the rows do not divide evenly, rows of padding are added.

    Returns:
        `tf.data.Dataset` of `parts` times as many `(inputs, labels, weights)`; weights `(rows,)` float32.

    Example:

    >>> batches = split_rows(token_batches(pairs, tokenizer, batch_tokens=8192), parts=2)
    >>> optimizer = keras.optimizers.Adam(gradient_accumulation_steps=2)
    >>> model.compile(optimizer, loss=SmoothedCrossEntropy(0.1, reduction="sum"))
    """

    def split(inputs, labels):
        inputs, labels = tf.nest.map_structure(lambda ids: _rows_to_multiple(ids, parts), (inputs, labels))
        weights = parts * _weights_of_mean(labels)
        return tf.data.Dataset.from_tensor_slices(
            # The first row goes to the first part, the second to the second: all parts have sentences to learn from.
            tf.nest.map_structure(
                lambda rows: tf.stack([rows[part::parts] for part in range(parts)]), (inputs, labels, weights)
            )
        )

    return batches.flat_map(split)


def weigh_rows(batches):
    """Adds the weights of rows with which a loss that is a sum becomes the mean over the tokens of the batch.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)`.

    Returns:
        `tf.data.Dataset` of `(inputs, labels, weights)`; weights `(rows,)` float32.
    """
    return batches.map(lambda inputs, labels: (inputs, labels, _weights_of_mean(labels)))


def take_rows(batches, index, count, devices=1):
    """The rows of every batch that one of several processes trains on.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)`, or `(inputs, labels, weights)`, the same in every process.
        index: number of the process, from 0.
        count: number of processes. Where the rows do not divide evenly, rows of padding are added.
        devices: number of devices of each process, among which its rows have to divide evenly as well. Default 1.

    Returns:
        `tf.data.Dataset` with one of `count` parts of the rows.

    Raises:
        ValueError: a number is out of range.
    """
    if not 0 <= index < count:
        raise ValueError(f"`index` must be from 0 to below `count`. Received: index={index}, count={count}.")
    if devices < 1:
        raise ValueError(f"`devices` must be at least 1. Received: devices={devices}.")
    return batches.map(lambda *batch: _share(batch, index, count, devices))


def shares_of_rows(batches, count, devices=1):
    """Of every batch what `take_rows` gives the first process, then what it gives the second, and so on.

    Args:
        batches: as of `take_rows`.
        count: number of processes.
        devices: number of devices of each process. Default 1.

    Returns:
        `tf.data.Dataset` with `count` times as many batches.
    """

    def shares(*batch):
        indices = tf.data.Dataset.range(count, output_type=tf.int32)
        return indices.map(lambda index: _share(batch, index, count, devices))

    return batches.flat_map(shares)


def _share(batch, index, count, devices):
    def take(rows):
        rows = _rows_to_multiple(rows, count * devices)
        share = tf.shape(rows)[0] // count
        return rows[index * share : (index + 1) * share]

    return tf.nest.map_structure(take, batch)


def _weights_of_mean(labels):
    tokens = tf.math.count_nonzero(tf.not_equal(labels, PADDING_ID), dtype=tf.float32)
    return tf.fill(tf.shape(labels)[:1], 1.0 / tokens)


def _rows_to_multiple(rows, number):
    """Ids or weights with rows of padding added until their number is a multiple."""
    missing = -tf.shape(rows)[0] % number
    others = [[0, 0]] * (rows.shape.rank - 1)
    return tf.pad(rows, [[0, missing], *others], constant_values=PADDING_ID)
