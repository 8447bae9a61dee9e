"""Batches of streamed lines, made pool by pool in an order that depends only on seeds."""

import tensorflow as tf

from keras_transformer.errors import InputError

# Number of lines that are sorted by length together: enough for batches of similar length, and a few megabytes.
POOL_LINES = 20_000
# Size of the shuffle buffer in lines, an order of magnitude above a pool, so that pools differ in every epoch.
SHUFFLE_LINES = 200_000
NO_PAIR_IS_LEFT = "No sentence pair is left: all are blank or longer than `[data] max_length` tokens. Raise max_length."


def streamed_batches(pairs, rows_of_pool, batches_of_rows, shuffle, seed, steps_per_epoch=None, first_step=None):
    """Makes batches pool by pool. The last four arguments are those of `token_batches`.

    Args:
        pairs: `tf.data.Dataset` of tuples of a line's texts.
        rows_of_pool: function from the texts of a pool and a seed to the rows of the pool, a tuple.
        batches_of_rows: function from the rows of a pool and a seed to the `tf.data.Dataset` of its batches.

    Returns:
        `tf.data.Dataset` of the batches of `batches_of_rows`.
    """

    def batches_of_pass(pass_seed):
        pools = _shuffled_pools(pairs, pass_seed) if shuffle else pairs.batch(POOL_LINES)
        pools = tf.data.Dataset.zip(pools, _numbers_from(pass_seed, 0))
        rows = pools.map(lambda texts, seed: (*rows_of_pool(*texts, seed), seed))
        return rows.prefetch(1).flat_map(batches_of_rows)

    if first_step is None:
        # A new number for each iteration over the dataset.
        passes = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).take(1)
        batches = passes.flat_map(batches_of_pass)
        batches = batches if steps_per_epoch is None else batches.repeat().take(steps_per_epoch)
    elif steps_per_epoch is None:
        batches = _pass_after_pass(batches_of_pass, seed).skip(first_step)
    else:

        def batches_of_epoch(epoch_seed):
            return _pass_after_pass(batches_of_pass, epoch_seed).take(steps_per_epoch)

        epoch, step = divmod(first_step, steps_per_epoch)
        batches = _numbers_from(seed, epoch).flat_map(batches_of_epoch).skip(step)
    options = tf.data.Options()
    # The autotuner would delay the end of an iterator by its sleep of up to ten seconds.
    options.autotune.enabled = False
    return batches.prefetch(4).with_options(options)


def check_stream(steps_per_epoch, first_step):
    """Raises an `InputError` if an argument is out of range."""
    for name, number, least in [("steps_per_epoch", steps_per_epoch, 1), ("first_step", first_step, 0)]:
        if number is not None and number < least:
            raise InputError(f"`{name}` must be at least {least}. Received: {name}={number}.")


def _pass_after_pass(batches_of_pass, seed):
    """Repeats passes endlessly. A pass without batches raises an error, because it would be repeated without end."""

    def with_end(pass_seed):
        batches = batches_of_pass(pass_seed).map(lambda *batch: (True, batch))
        _, specs = batches.element_spec
        nothing = tf.nest.map_structure(lambda spec: tf.zeros([0] * spec.shape.rank, spec.dtype), specs)
        return batches.concatenate(tf.data.Dataset.from_tensors((False, nothing)))

    def check(had_batch, element):
        is_batch, _ = element
        tf.debugging.Assert(is_batch | had_batch, [NO_PAIR_IS_LEFT])
        return is_batch, element

    batches = _numbers_from(seed, 0).flat_map(with_end).scan(False, check)
    # AutoGraph warns about two lambdas in one line.
    batches = batches.filter(lambda is_batch, _: is_batch)
    return batches.map(lambda _, batch: batch)


def _numbers_from(seed, first):
    """Returns an endless dataset of the pseudo-random numbers of `seed`, beginning at the index `first`."""
    return tf.data.Dataset.counter(first).map(
        lambda index: tf.random.stateless_uniform((), [seed, index], maxval=2**62, dtype=tf.int64)
    )


def _shuffled_pools(pairs, pass_seed):
    """Returns pools of lines in random order. The order of `Dataset.shuffle` would depend on previous iterations."""

    def shuffled(texts, seed):
        order = tf.random.experimental.stateless_shuffle(tf.range(tf.size(texts[0])), seed=[0, seed])
        return tf.data.Dataset.from_tensor_slices(tuple(tf.gather(text, order) for text in texts))

    windows = tf.data.Dataset.zip(pairs.batch(SHUFFLE_LINES), _numbers_from(pass_seed, 0))
    return windows.flat_map(lambda texts, seed: shuffled(texts, seed).batch(POOL_LINES))
