"""Batches made pool by pool of lines that are streamed, in an order that depends on seeds alone."""

import tensorflow as tf

from keras_transformer.errors import InputError

# Lines that are sorted by length together: enough that the lines of a batch are of one length, and few megabytes.
POOL_LINES = 20_000
# Lines among which the next one is drawn; an order of magnitude more than a pool, so that pools differ every epoch.
SHUFFLE_LINES = 200_000
NO_PAIR_IS_LEFT = "No sentence pair is left: every one is blank or longer than `[data] max_length` tokens; raise it."


def streamed_batches(pairs, rows_of_pool, batches_of_rows, shuffle, seed, steps_per_epoch=None, first_step=None):
    """Batches made pool by pool; the first and the last four arguments are those of `token_batches`.

    Args:
        pairs: `tf.data.Dataset` of tuples of a line's texts.
        rows_of_pool: makes the rows of a pool, a tuple, of the texts of its lines and a seed.
        batches_of_rows: makes the `tf.data.Dataset` of a pool's batches of its rows and a seed.

    Returns:
        `tf.data.Dataset` of what `batches_of_rows` makes.
    """

    def batches_of_pass(pass_seed):
        pools = _shuffled_pools(pairs, pass_seed) if shuffle else pairs.batch(POOL_LINES)
        pools = tf.data.Dataset.zip(pools, _numbers_from(pass_seed, 0))
        rows = pools.map(lambda texts, seed: (*rows_of_pool(*texts, seed), seed))
        return rows.prefetch(1).flat_map(batches_of_rows)

    if first_step is None:
        # Another number each time the dataset is iterated over.
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
    # The autotuner would hold up the end of an iterator for as long as it happens to sleep, up to ten seconds.
    options.autotune.enabled = False
    return batches.prefetch(4).with_options(options)


def check_stream(steps_per_epoch, first_step):
    """Raises an `InputError` where one of them is out of range."""
    for name, number, least in [("steps_per_epoch", steps_per_epoch, 1), ("first_step", first_step, 0)]:
        if number is not None and number < least:
            raise InputError(f"`{name}` must be at least {least}. Received: {name}={number}.")


def _pass_after_pass(batches_of_pass, seed):
    """Endless batches; a pass that has none raises, because all others would have none either, without end."""

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
    # Two lambdas in one line would make AutoGraph warn that it cannot tell them apart.
    batches = batches.filter(lambda is_batch, _: is_batch)
    return batches.map(lambda _, batch: batch)


def _numbers_from(seed, first):
    """Endless pseudo-random numbers, those of `seed` from the one with the index `first` on."""
    return tf.data.Dataset.counter(first).map(
        lambda index: tf.random.stateless_uniform((), [seed, index], maxval=2**62, dtype=tf.int64)
    )


def _shuffled_pools(pairs, pass_seed):
    """Pools of lines in random order. Not by `Dataset.shuffle`, whose order depends on how often it was asked."""

    def shuffled(texts, seed):
        order = tf.random.experimental.stateless_shuffle(tf.range(tf.size(texts[0])), seed=[0, seed])
        return tf.data.Dataset.from_tensor_slices(tuple(tf.gather(text, order) for text in texts))

    windows = tf.data.Dataset.zip(pairs.batch(SHUFFLE_LINES), _numbers_from(pass_seed, 0))
    return windows.flat_map(lambda texts, seed: shuffled(texts, seed).batch(POOL_LINES))
