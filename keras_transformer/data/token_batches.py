import numpy as np
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID

# Lines that are sorted by length together: enough that the lines of a batch are of one length, and few megabytes.
POOL_LINES = 20_000
# Lines among which the next one is drawn; an order of magnitude more than a pool, so that pools differ every epoch.
SHUFFLE_LINES = 200_000


def token_batches(
    pairs,
    source_tokenizer,
    target_tokenizer=None,
    *,
    batch_tokens=4096,
    max_length=256,
    shuffle=False,
    seed=0,
    sampling=0.0,
    steps_per_epoch=None,
):
    """Turns sentence pairs into batches for `model.fit`, each of about `batch_tokens` tokens and little padding.

    Lines are streamed: of a corpus of any size, only the lines among which is shuffled and those that are sorted by
    length together are in memory.

    Args:
        pairs: `tf.data.Dataset` of `(source, target)` scalar strings, as `text_pairs` makes it.
        source_tokenizer: the source's `Tokenizer`.
        target_tokenizer: the target's `Tokenizer`. Default: the source's.
        batch_tokens: the most tokens of a batch on either side, padding counted: rows times the longest sequence.
            Default 4096.
        max_length: a pair with more tokens on either side, start or end token counted, is left out. Default 256.
        shuffle: whether lines and batches are shuffled, in another order each epoch. Default False.
        seed: seed of the shuffling; the same seed gives the same sequence of epochs. Default 0.
        sampling: subword regularisation on both sides, see `Tokenizer.tokenize`. Default 0.0, none.
        steps_per_epoch: number of batches of an epoch, see `count_batches`. Given it, Keras shows how far an epoch has
            come; where an epoch has fewer batches, the next one lends some. Default None: all there are.

    Returns:
        `tf.data.Dataset` of `({"source_ids": (rows, source_length), "target_ids": (rows, target_length)}, labels)`,
        int32: `target_ids` begins with the start token, `labels` `(rows, target_length)` is the same target, ending
        with the end token; 0 is padding.

    Raises:
        ValueError: a number is out of range.

    Example:

    >>> pairs = text_pairs("train.ko", "train.en")
    >>> batches = token_batches(pairs, tokenizer, shuffle=True, steps_per_epoch=1000)
    >>> model.fit(batches, epochs=20, shuffle=False)  # They are shuffled already.
    """
    target_tokenizer = target_tokenizer or source_tokenizer
    if batch_tokens < max_length:
        raise InputError(
            "`batch_tokens` must be at least `max_length`, or the longest line fits into no batch. "
            f"Received: batch_tokens={batch_tokens}, max_length={max_length}."
        )
    if shuffle:
        pairs = pairs.shuffle(SHUFFLE_LINES, seed=seed, reshuffle_each_iteration=True)
    pools = pairs.batch(POOL_LINES)
    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)

    def batches_of_pool(texts, pool_seed):
        sources, targets = texts
        sources, targets = _token_rows(
            source_tokenizer.tokenize(sources, sampling), target_tokenizer.tokenize(targets, sampling), max_length
        )
        starts, ends = _cut_by_budget(sources, targets, batch_tokens)
        if shuffle:
            # Not `Dataset.shuffle`, which takes no seed tensor where TensorFlow's global seed is 0.
            order = tf.random.experimental.stateless_shuffle(tf.range(tf.size(starts)), seed=[0, pool_seed])
            starts, ends = tf.gather(starts, order), tf.gather(ends, order)
        batches = tf.data.Dataset.from_tensor_slices((starts, ends))
        return batches.map(lambda start, end: _batch(sources[start:end], targets[start:end]))

    batches = tf.data.Dataset.zip(pools, seeds).flat_map(batches_of_pool)
    if steps_per_epoch is not None:
        batches = batches.repeat().take(steps_per_epoch)
    options = tf.data.Options()
    # The autotuner would hold up the end of an iterator for as long as it happens to sleep, up to ten seconds.
    options.autotune.enabled = False
    return batches.prefetch(4).with_options(options)


def _token_rows(sources, targets, max_length):
    """Drops pairs that are empty or too long, adds the end token, and sorts by length, longest first."""
    source_lengths = tf.cast(sources.row_lengths(), tf.int32) + 1
    target_lengths = tf.cast(targets.row_lengths(), tf.int32) + 1
    longest = tf.maximum(source_lengths, target_lengths)
    fits = (source_lengths > 1) & (target_lengths > 1) & (longest <= max_length)
    # The longest first: then the first row of a batch tells how many rows fit. Rows that tie are sorted by the other
    # lengths, so that the shorter side of a batch has little padding as well.
    order = tf.argsort(source_lengths, direction="DESCENDING", stable=True)
    for lengths in (target_lengths, tf.where(fits, longest, 0)):
        order = tf.gather(order, tf.argsort(tf.gather(lengths, order), direction="DESCENDING", stable=True))
    order = order[: tf.math.count_nonzero(fits, dtype=tf.int32)]
    ends = tf.fill([tf.size(order), 1], END_ID)
    return tf.concat([tf.gather(sources, order), ends], axis=1), tf.concat([tf.gather(targets, order), ends], axis=1)


def _cut_by_budget(sources, targets, batch_tokens):
    """First row of every batch, and the row behind its last."""
    longest = tf.cast(tf.maximum(sources.row_lengths(), targets.row_lengths()), tf.int32)
    num_rows = tf.size(longest)

    def next_batch(start, starts):
        rows = batch_tokens // longest[start]
        return start + rows, starts.write(starts.size(), start)

    starts = tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=())
    _, starts = tf.while_loop(lambda start, _: start < num_rows, next_batch, (0, starts))
    starts = starts.stack()
    return starts, tf.concat([starts[1:], [num_rows]], axis=0)[: tf.size(starts)]


def _batch(sources, targets):
    labels = targets.to_tensor()
    return {"source_ids": sources.to_tensor(), "target_ids": shift_targets(labels)}, labels


def shift_targets(labels):
    """What the decoder sees when it is to predict the labels: the start token, then all labels but the last.

    Args:
        labels: `(batch, length)` int32, 0 is padding.

    Returns:
        `(batch, length)` int32, with padding where the labels have it.
    """
    starts = tf.fill([tf.shape(labels)[0], 1], START_ID)
    shifted = tf.concat([starts, labels[:, :-1]], axis=1)
    return tf.where(labels == PADDING_ID, PADDING_ID, shifted)


def count_batches(batches):
    """Counts the batches of an epoch and how much of them is padding, in one pass over the data.

    Args:
        batches: what `token_batches` returns.

    Returns:
        A pair: the number of batches, and the part of the tokens that are padding, both sides counted, from 0 to 1.

    Raises:
        InputError: there is no batch: every line was filtered out.
    """
    counts = batches.map(lambda inputs, _: _token_counts(inputs))
    num_batches, total, real = counts.reduce(
        (0, np.int64(0), np.int64(0)), lambda sums, new: (sums[0] + 1, sums[1] + new[0], sums[2] + new[1])
    )
    if not num_batches:
        raise InputError(
            "No sentence pair is left: every one is blank or longer than `[data] max_length` tokens; raise it."
        )
    return int(num_batches), 1 - int(real) / int(total)


def _token_counts(inputs):
    """Tokens with padding and tokens without, of both sides."""
    total = real = tf.constant(0, tf.int64)
    for ids in inputs.values():
        total += tf.size(ids, tf.int64)
        real += tf.math.count_nonzero(ids, dtype=tf.int64)
    return total, real
