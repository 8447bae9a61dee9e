"""Operations on vectors of int32 that the parts of the graph share. All of them convert to TFLite's built-in ones."""

import tensorflow as tf

from keras_transformer.export.tflite.text_signatures.double_array import ROOT
from keras_transformer.export.tflite.text_signatures.page_table import PAGE_SIZE


def look_up(table, indices):
    """Returns the int32 values of a NumPy table of integers. The table stays as small as it is."""
    if table.dtype == "uint16":  # TFLite has no such tables.
        return tf.cast(tf.gather(table.view("int16"), indices), tf.int32) % (1 << 16)
    return tf.cast(tf.gather(table, indices), tf.int32)


def look_up_pages(table, code_points):
    """Returns the values of a `PageTable`."""
    page = tf.minimum(code_points // PAGE_SIZE, len(table.pages) - 1)
    return look_up(table.values, look_up(table.pages, page) * PAGE_SIZE + code_points % PAGE_SIZE)


def as_int(condition):
    """Returns 1 for True and 0 for False, int32."""
    return tf.cast(condition, tf.int32)


def scatter(places, values, shape):
    """Returns a vector of zeros with values added at some places.

    Args:
        places, values: vectors.
        shape: `(1,)` int32, the size of the result.
    """
    return tf.scatter_nd(tf.expand_dims(places, 1), values, shape)


def compact(values, is_kept):
    """Moves the kept values to the front, in order.

    Args:
        values: `(size,)` int32.
        is_kept: `(size,)` bool.

    Returns:
        `(size + 1,)`, the kept values and zeros, and the number of kept values. The last element is always 0.
    """
    kept = as_int(is_kept)
    places = tf.cumsum(kept, exclusive=True) * kept
    return scatter(places, values * kept, tf.shape(values) + 1), tf.reduce_sum(kept)


def flatten(grid, lengths):
    """Joins the first values of every row.

    Args:
        grid: `(rows, width)` int32, with a fixed width.
        lengths: `(rows,)` int32, the number of values of each row.

    Returns:
        `(sum of lengths + 1,)`. The last element is 0.
    """
    columns = tf.constant([list(range(grid.shape[1]))])
    is_value = as_int(tf.less(columns, tf.expand_dims(lengths, 1)))
    places = (tf.expand_dims(tf.cumsum(lengths, exclusive=True), 1) + columns) * is_value
    shape = tf.reduce_sum(lengths, keepdims=True) + 1
    return scatter(tf.reshape(places, (-1,)), tf.reshape(grid * is_value, (-1,)), shape)


def shifted(values, count):
    """Moves a vector of at least `count` elements to the front and appends zeros. A negative count moves it back."""
    if count < 0:
        return tf.pad(values[:count], [[-count, 0]])
    return tf.pad(values[count:], [[0, count]])


def appended(rows, row):
    """Returns a matrix without its first row and with a last row. A loop of as many steps as rows fills a matrix so."""
    return tf.concat([rows[1:], tf.expand_dims(row, 0)], axis=0)


def reachable(jumps, marks):
    """Marks all elements that a chain of jumps reaches.

    Args:
        jumps: `(size,)` int32, for each element the index of the next one.
        marks: `(size,)` int32, 1 for the elements at which chains start, and 0 for the others.

    Returns:
        `(size,)` int32, 1 for the elements of chains.
    """
    size, shape = tf.size(jumps), tf.shape(jumps)

    def double(length, jumps, marks):
        # All elements of the first `length` jumps are marked. The next `length` jumps start there.
        marks = tf.minimum(marks + scatter(jumps, marks, shape), 1)
        return length * 2, tf.gather(jumps, jumps), marks

    vector = tf.TensorShape((None,))
    return tf.while_loop(
        lambda length, *_: tf.less(length, size),
        double,
        (tf.constant(1), jumps, marks),
        (tf.TensorShape(()), vector, vector),
    )[2]


def walk(trie, labels):
    """Walks a `DoubleArray` from all positions of a text at once.

    Args:
        trie: the `DoubleArray`.
        labels: `(length,)` int32, at most the greatest label of the trie. 0 is no label.

    Returns:
        `(longest, length)` int32, the values of the substrings of 1, 2, ... characters from each position on.
    """
    length = tf.size(labels)
    padded = tf.pad(labels, [[0, trie.longest]])

    def step(number, nodes, found):
        child = look_up(trie.base, nodes) + tf.slice(padded, [number], [length])
        nodes = child * as_int(tf.equal(look_up(trie.check, child), nodes))
        return number + 1, nodes, appended(found, nodes)

    found = tf.while_loop(
        lambda number, *_: tf.less(number, trie.longest),
        step,
        (tf.constant(0), tf.fill([length], ROOT), tf.zeros([trie.longest, length], tf.int32)),
        (tf.TensorShape(()), tf.TensorShape((None,)), tf.TensorShape((trie.longest, None))),
    )[2]
    return look_up(trie.value, found)
