"""Loops over the chunks of a batch, in which sums are added up and rows are collected."""

import keras
from keras import ops

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


def loop_over_chunks(compute, arrays, sums, rows, size):
    """Calls a function for each chunk of the rows of a batch.

    Args:
        compute: a function from the parts of the arrays, `(chunk, ...)` each, to a list of sums and a list of rows,
            `(chunk, ...)` each.
        arrays: tensors `(batch, length, ...)`. Rows of zeros are added if the chunks have more rows than the batch.
        sums: the initial sums, a list of tensors.
        rows: the dtype and the last dimensions of each row result, a list of pairs.
        size: maximum number of rows of a chunk.

    Returns:
        The list of sums over all chunks, and the list of row results, `(batch, length, ...)` each.
    """
    loop = _flat_loop if keras.backend.backend() == "tensorflow" else _scan_loop
    return loop(compute, arrays, sums, rows, size)


def _flat_loop(compute, arrays, sums, rows, size):
    """The loop of TensorFlow. A chunk has successive rows of the flattened batch."""
    batch, length = ops.shape(arrays[0])[:2]  # A number where the dimension is known, so that the chunks are known too.
    count = batch * length
    # Even an empty batch has a row, because Keras has no maximum of an empty tensor.
    num_rows = max(count, 1) if isinstance(count, int) else tf.maximum(count, 1)
    steps = -(-num_rows // size)
    size = -(-num_rows // steps)

    def chunks_of(array):
        flat = tf.reshape(array, (count, *array.shape[2:]))
        padded = tf.pad(flat, [[0, steps * size - count]] + [[0, 0]] * (flat.shape.rank - 1))
        return tf.reshape(padded, (steps, size, *array.shape[2:]))

    chunks = [chunks_of(array) for array in arrays]

    def body(step, sums, collected):
        new_sums, new_rows = compute(*(chunk[step] for chunk in chunks))
        sums = [total + new for total, new in zip(sums, new_sums, strict=True)]
        return step + 1, sums, [array.write(step, new) for array, new in zip(collected, new_rows, strict=True)]

    collected = [tf.TensorArray(dtype, steps) for dtype, _ in rows]
    # One chunk after the other, so that only one is in memory.
    _, sums, collected = tf.while_loop(
        lambda step, *_: step < steps, body, (tf.constant(0), sums, collected), parallel_iterations=1
    )

    def whole(array, last_dimensions):
        flat = tf.reshape(array.stack(), (steps * size, *last_dimensions))[:count]
        return tf.reshape(flat, (batch, length, *last_dimensions))

    return sums, [whole(array, dimensions) for array, (_, dimensions) in zip(collected, rows, strict=True)]


def _scan_loop(compute, arrays, sums, rows, size):
    """The loop of JAX and PyTorch. A chunk has successive positions of all sentences.

    The batch is not divided, because its rows can be divided among devices.
    """
    batch, length = arrays[0].shape[:2]
    steps = max(1, -(-length // max(1, size * _num_devices() // max(1, batch))))
    width = -(-length // steps)
    padding = steps * width - length

    def chunks_of(array):
        last_dimensions = array.shape[2:]
        padded = ops.pad(array, [(0, 0), (0, padding)] + [(0, 0)] * len(last_dimensions))
        return ops.moveaxis(ops.reshape(padded, (batch, steps, width, *last_dimensions)), 1, 0)

    def body(sums, chunk):
        flat = [ops.reshape(part, (batch * width, *part.shape[2:])) for part in chunk]
        new_sums, new_rows = compute(*flat)
        sums = [total + new for total, new in zip(sums, new_sums, strict=True)]
        return sums, [ops.reshape(new, (batch, width, *new.shape[1:])) for new in new_rows]

    sums, stacked = ops.scan(body, sums, [chunks_of(array) for array in arrays])

    def whole(array, last_dimensions):
        return ops.reshape(ops.moveaxis(array, 0, 1), (batch, steps * width, *last_dimensions))[:, :length]

    return sums, [whole(array, dimensions) for array, (_, dimensions) in zip(stacked, rows, strict=True)]


def _num_devices():
    """Returns the number of devices that share a batch."""
    return 1 if keras.distribution.distribution() is None else len(keras.distribution.list_devices())
