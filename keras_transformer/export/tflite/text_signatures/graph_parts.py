"""Operations on vectors of int32 that the parts of the graph share. All of them convert to TFLite's built-in ones."""

import tensorflow as tf

from keras_transformer.export.tflite.text_signatures.double_array import ROOT
from keras_transformer.export.tflite.text_signatures.page_table import PAGE_SIZE

# Number of steps up to which no loop is used. A step of a loop costs more time than its operations.
_MOST_UNROLLED = 16


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


def parts_of(table, starts, lengths):
    """Joins parts of a table.

    Args:
        table: `(size,)` int32.
        starts, lengths: `(parts,)` int32, the place and the size of each part. The last part is empty, and its place
            has a 0.

    Returns:
        `(sum of lengths + 1,)`. The last element is 0.
    """
    places = tf.cumsum(lengths, exclusive=True)
    offsets = starts - places
    # The offset of an element is the sum of the differences up to its part. Empty parts have the place of the next one.
    differences = offsets - tf.pad(offsets[:-1], [[1, 0]])
    shape = tf.reduce_sum(lengths, keepdims=True) + 1
    return tf.gather(table, tf.range(shape[0]) + tf.cumsum(scatter(places, differences, shape)))


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
    shape = tf.shape(jumps)

    def double(_, count, jumps, marks):
        # All elements of the first 1, 2, 4, ... jumps are marked. As many more jumps start there.
        marks = tf.minimum(marks + scatter(jumps, marks, shape), 1)
        return count, tf.reduce_sum(marks), tf.gather(jumps, jumps), marks

    scalar, vector = tf.TensorShape(()), tf.TensorShape((None,))
    return tf.while_loop(
        lambda before, count, *_: tf.greater(count, before),
        double,
        (tf.constant(0), tf.reduce_sum(marks), jumps, marks),
        (scalar, scalar, vector, vector),
    )[3]


def scan(step, first, count, rows=None):
    """Repeats a step.

    Args:
        step: a function from the last vector to the next one. Its second argument is the next row of `rows`, or None.
        first: `(size,)` int32.
        count: number of steps.
        rows: `(count, size)` int32. Default None.

    Returns:
        `(count + 1, size)` int32, the vector `first` and the results of the steps.
    """
    if count <= _MOST_UNROLLED:
        results = [first]
        for row in [None] * count if rows is None else tf.unstack(rows, count):
            results.append(step(results[-1], row))
        return tf.stack(results)

    def append(number, last, results):
        last = step(last, None if rows is None else tf.gather(rows, number))
        return number + 1, last, appended(results, last)

    results = tf.zeros(tf.stack([count, tf.size(first)]), tf.int32)
    shapes = (tf.TensorShape(()), tf.TensorShape((None,)), tf.TensorShape((count + 1, None)))
    start = (tf.constant(0), first, appended(tf.pad(results, [[1, 0], [0, 0]]), first))
    return tf.while_loop(lambda number, *_: tf.less(number, count), append, start, shapes)[2]


def walk(trie, labels, places):
    """Walks a `DoubleArray` from all positions of a text at once.

    Args:
        trie: the `DoubleArray`.
        labels: `(length,)` int32, at most the greatest label of the trie. 0 is no label.
        places: `(length,)` int32, 0, 1, 2, ...

    Returns:
        `(longest, length)` int32, the values of the substrings of 1, 2, ... characters from each position on.
    """
    following = tf.expand_dims(places, 0) + tf.expand_dims(tf.range(1, trie.longest), 1)
    rows = tf.gather(tf.pad(labels, [[0, trie.longest]]), following)
    slots = scan(
        lambda slots, row: look_up(trie.base, slots) + row,
        labels + int(trie.base[ROOT]),
        trie.longest - 1,
        rows,
    )
    # A walk that leaves the trie goes on at slots of other walks. From there on, it has no values.
    parents = tf.pad(slots[:-1], [[1, 0], [0, 0]], constant_values=ROOT)
    wrong = tf.cumsum(as_int(tf.not_equal(look_up(trie.check, slots), parents)))
    return look_up(trie.value, slots) * as_int(tf.equal(wrong, 0))
