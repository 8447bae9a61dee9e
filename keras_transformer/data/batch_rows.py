"""Repeats the rows of batches, splits them into parts, or selects the rows of one process."""

import tensorflow as tf

from keras_transformer.special_tokens import PADDING_ID


def repeat_rows(batches: tf.data.Dataset, copies: int) -> tf.data.Dataset:
    """Repeats every row of a batch in successive rows, as `RDropCrossEntropy` needs it.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)`, or of `(inputs, labels, weights)` from `split_rows`.
        copies: number of copies of each row. Call `split_rows` before this function. It would otherwise put the copies
            of a row into different parts.

    Returns:
        `tf.data.Dataset` with `copies` times the rows, and weights divided by `copies`.

    Example:

    >>> inputs, labels = next(iter(kt.data.repeat_rows(batches, copies=2)))
    >>> bool(tf.reduce_all(labels[0] == labels[1]))
    True
    """

    def repeat(inputs, labels, weights=None):
        repeated = tf.nest.map_structure(lambda rows: tf.repeat(rows, copies, axis=0), (inputs, labels))
        return repeated if weights is None else (*repeated, tf.repeat(weights, copies, axis=0) / copies)

    return batches.map(repeat)


def split_rows(batches: tf.data.Dataset, parts: int) -> tf.data.Dataset:
    """Splits every batch into parts, for an optimizer with `gradient_accumulation_steps=parts`.

    The parts are weighted. The accumulated gradient therefore equals that of the whole batch, for any number of real
    tokens per part. The loss must be a sum, `SmoothedCrossEntropy(reduction="sum")`. The weight of a row is `parts`
    divided by the number of real tokens of the batch. Keras divides the gradient by `parts`.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)`.
        parts: number of parts. Rows of padding are added if the number of rows is not divisible by it.

    Returns:
        `tf.data.Dataset` of `(inputs, labels, weights)` with `parts` times the batches. Weights are `(rows,)` float32.

    Example:

    >>> parts = kt.data.split_rows(batches, parts=2)
    >>> optimizer = keras.optimizers.Adam(gradient_accumulation_steps=2)
    >>> model.compile(optimizer, loss=kt.losses.SmoothedCrossEntropy(0.1, reduction="sum"), jit_compile=False)
    >>> model.fit(parts, steps_per_epoch=2, shuffle=False)
    """

    def split(inputs, labels):
        inputs, labels = tf.nest.map_structure(lambda ids: _rows_to_multiple(ids, parts), (inputs, labels))
        weights = parts * _weights_of_mean(labels)
        return tf.data.Dataset.from_tensor_slices(
            # Rows are dealt out in turn, so that every part has real sentences.
            tf.nest.map_structure(
                lambda rows: tf.stack([rows[part::parts] for part in range(parts)]), (inputs, labels, weights)
            )
        )

    return batches.flat_map(split)


def weigh_rows(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Adds row weights that turn a loss with reduction "sum" into the mean over the tokens of the batch.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)`.

    Returns:
        `tf.data.Dataset` of `(inputs, labels, weights)`. Weights are `(rows,)` float32.

    Example:

    >>> rows = np.array([[5, 3], [3, 0]])  # Three tokens.
    >>> inputs, labels, weights = next(iter(kt.data.weigh_rows(tf.data.Dataset.from_tensors((rows, rows)))))
    >>> weights.numpy().round(3)
    array([0.333, 0.333], dtype=float32)
    """
    return batches.map(lambda inputs, labels: (inputs, labels, _weights_of_mean(labels)))


def take_rows(batches: tf.data.Dataset, index: int, count: int, devices: int = 1) -> tf.data.Dataset:
    """Selects the rows of every batch that one of several processes trains on.

    Args:
        batches: `tf.data.Dataset` of `(inputs, labels)` or `(inputs, labels, weights)`, the same in every process.
        index: number of the process, from 0.
        count: number of processes. Rows of padding are added if the number of rows is not divisible by it.
        devices: number of devices of each process. The rows of a process are divisible by it as well. Default 1.

    Returns:
        `tf.data.Dataset` with one of `count` parts of the rows.

    Raises:
        ValueError: a number is out of range.

    Example:

    >>> rows = np.array([[5], [6], [7], [8]])
    >>> batches = tf.data.Dataset.from_tensors((rows, rows))
    >>> inputs, labels = next(iter(kt.data.take_rows(batches, index=1, count=2)))
    >>> labels.numpy().tolist()
    [[7], [8]]
    """
    if not 0 <= index < count:
        raise ValueError(f"`index` must be at least 0 and below `count`. Received: index={index}, count={count}.")
    if devices < 1:
        raise ValueError(f"`devices` must be at least 1. Received: devices={devices}.")
    return batches.map(lambda *batch: _share(batch, index, count, devices))


def shares_of_rows(batches: tf.data.Dataset, count: int, devices: int = 1) -> tf.data.Dataset:
    """Splits every batch into the rows that `take_rows` selects for the first process, the second, and so on.

    Args:
        batches: see `take_rows`.
        count: number of processes.
        devices: number of devices of each process. Default 1.

    Returns:
        `tf.data.Dataset` with `count` times the batches.

    Example:

    >>> rows = np.array([[5], [6], [7], [8]])
    >>> batches = tf.data.Dataset.from_tensors((rows, rows))
    >>> [labels.numpy().tolist() for inputs, labels in kt.data.shares_of_rows(batches, count=2)]
    [[[5], [6]], [[7], [8]]]
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
    """Pads ids or weights with rows until their number is a multiple of `number`."""
    missing = -tf.shape(rows)[0] % number
    others = [[0, 0]] * (rows.shape.rank - 1)
    return tf.pad(rows, [[0, missing], *others], constant_values=PADDING_ID)
