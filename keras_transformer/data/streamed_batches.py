"""Batches of streamed lines, made pool by pool in an order that depends only on seeds."""

import numpy as np
import tensorflow as tf

from keras_transformer.data.batch_positions import BatchPositions, PoolPosition
from keras_transformer.errors import InputError

# Number of lines that are sorted by length together: enough for batches of similar length, and a few megabytes.
POOL_LINES = 20_000
# Size of the shuffle buffer in lines, an order of magnitude above a pool, so that pools differ in every epoch.
SHUFFLE_LINES = 200_000
NO_PAIR_IS_LEFT = "No sentence pair is left: all are blank or longer than `[data] max_length` tokens. Raise max_length."


def streamed_batches(
    pairs, rows_of_pool, batches_of_rows, shuffle, seed, steps_per_epoch=None, first_step=None, positions=None
):
    """Makes batches pool by pool. The last five arguments are those of `token_batches`.

    Args:
        pairs: `tf.data.Dataset` of tuples of a line's texts.
        rows_of_pool: function from the texts of a pool and a seed to the rows of the pool, a tuple.
        batches_of_rows: function from the rows of a pool and a seed to the `tf.data.Dataset` of its batches.

    Returns:
        `tf.data.Dataset` of the batches of `batches_of_rows`.
    """
    positions = BatchPositions() if positions is None else positions

    def batches_of_pass(pass_seed, first_pool=0):
        """Returns a dataset of the index of the pool and the batch."""
        pools = _pools(pairs, shuffle, pass_seed, first_pool, positions.pairs_from)
        pools = tf.data.Dataset.zip(pools, _numbers_from(pass_seed, first_pool), tf.data.Dataset.counter(first_pool))
        rows = pools.map(lambda texts, seed, pool: (pool, (*rows_of_pool(*texts, seed), seed)))
        return rows.prefetch(1).flat_map(
            lambda pool, rows: batches_of_rows(*rows).map(lambda *batch: (pool, batch[0] if len(batch) == 1 else batch))
        )

    if first_step is None:
        # A new number for each iteration over the dataset.
        passes = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).take(1)
        batches = passes.flat_map(batches_of_pass).map(lambda _, batch: batch)
        batches = batches if steps_per_epoch is None else batches.repeat().take(steps_per_epoch)
    else:
        epoch, step = divmod(first_step, steps_per_epoch) if steps_per_epoch else (0, first_step)
        begin = positions.before(first_step)
        if begin is None or begin.epoch != epoch:
            begin = PoolPosition(first_step - step, epoch, 0, 0)

        def recorded(epoch_seed, begin):
            return _recorded(_pass_after_pass(batches_of_pass, epoch_seed, begin), begin, positions)

        def batches_of_epoch(index, epoch_seed):
            return recorded(epoch_seed, PoolPosition(index * steps_per_epoch, index, 0, 0)).take(steps_per_epoch)

        if steps_per_epoch is None:
            batches = recorded(seed, begin).skip(first_step - begin.batch)
        else:
            epochs = tf.data.Dataset.zip(tf.data.Dataset.counter(epoch), _numbers_from(seed, epoch))
            if begin.text_pass == begin.pool == 0:
                batches = epochs.flat_map(batches_of_epoch).skip(step)
            else:
                first = epochs.take(1).flat_map(lambda _, epoch_seed: recorded(epoch_seed, begin))
                first = first.skip(first_step - begin.batch).take(steps_per_epoch - step)
                batches = first.concatenate(epochs.skip(1).flat_map(batches_of_epoch))
    options = tf.data.Options()
    # The autotuner would delay the end of an iterator by its sleep of up to ten seconds.
    options.autotune.enabled = False
    return batches.prefetch(4).with_options(options)


def check_stream(steps_per_epoch, first_step):
    """Raises an `InputError` if an argument is out of range."""
    for name, number, least in [("steps_per_epoch", steps_per_epoch, 1), ("first_step", first_step, 0)]:
        if number is not None and number < least:
            raise InputError(f"`{name}` must be at least {least}. Received: {name}={number}.")


def _pass_after_pass(batches_of_pass, seed, begin):
    """Repeats passes endlessly. A pass without batches raises an error, because it would be repeated without end.

    Returns:
        `tf.data.Dataset` of the index of the pass, the index of the pool and the batch.
    """

    def with_end(index, pass_seed, first_pool=0):
        batches = batches_of_pass(pass_seed, first_pool).map(lambda *batch: (True, index, *batch))
        nothing = tf.nest.map_structure(
            lambda spec: tf.zeros([0] * spec.shape.rank, spec.dtype), batches.element_spec[2:]
        )
        return batches.concatenate(tf.data.Dataset.from_tensors((False, index, *nothing)))

    def check(had_batch, element):
        is_batch, *_ = element
        tf.debugging.Assert(is_batch | had_batch, [NO_PAIR_IS_LEFT])
        return is_batch, element

    passes = tf.data.Dataset.counter(begin.text_pass), _numbers_from(seed, begin.text_pass)
    passes = tf.data.Dataset.zip(*passes)
    if begin.pool:
        first = passes.take(1).flat_map(lambda *each: with_end(*each, begin.pool))
        batches = first.concatenate(passes.skip(1).flat_map(with_end))
    else:
        batches = passes.flat_map(with_end)
    # A pool that is not the first comes after a batch.
    batches = batches.scan(begin.pool > 0, check)
    # AutoGraph warns about two lambdas in one line.
    batches = batches.filter(lambda is_batch, *_: is_batch)
    return batches.map(lambda _, *batch: tuple(batch))


def _recorded(batches, begin, positions):
    """Adds the position of each pool to `positions` when its first batch is made, and returns the batches alone."""

    def add(*position):
        positions.add(*position)
        return np.int64(0)

    def record(state, element):
        number, *before = state
        text_pass, pool, batch = element

        def add_pool():
            return tf.numpy_function(add, [number, begin.epoch, text_pass, pool], tf.int64)

        is_new = (text_pass != before[0]) | (pool != before[1])
        tf.cond(is_new, add_pool, lambda: tf.constant(0, tf.int64))
        return (number + 1, text_pass, pool), batch

    nowhere = tf.constant(-1, tf.int64)
    return batches.scan((tf.cast(begin.batch, tf.int64), nowhere, nowhere), record)


def _numbers_from(seed, first):
    """Returns an endless dataset of the pseudo-random numbers of `seed`, beginning at the index `first`."""
    return tf.data.Dataset.counter(first).map(
        lambda index: tf.random.stateless_uniform((), [seed, index], maxval=2**62, dtype=tf.int64)
    )


def _pools(pairs, shuffle, pass_seed, first_pool, pairs_from):
    """Returns pools of lines, in random order with `shuffle`. The order of `Dataset.shuffle` would depend on previous
    iterations.
    """

    def shuffled(texts, seed):
        order = tf.random.experimental.stateless_shuffle(tf.range(tf.size(texts[0])), seed=[0, seed])
        return tf.data.Dataset.from_tensor_slices(tuple(tf.gather(text, order) for text in texts))

    first_window, pools_before = divmod(first_pool, SHUFFLE_LINES // POOL_LINES) if shuffle else (0, 0)
    lines_before = first_window * SHUFFLE_LINES if shuffle else first_pool * POOL_LINES
    if lines_before:
        pairs = pairs_from(lines_before) if pairs_from else pairs.skip(lines_before)
    if not shuffle:
        return pairs.batch(POOL_LINES)
    windows = tf.data.Dataset.zip(pairs.batch(SHUFFLE_LINES), _numbers_from(pass_seed, first_window))
    pools = windows.flat_map(lambda texts, seed: shuffled(texts, seed).batch(POOL_LINES))
    return pools.skip(pools_before)
