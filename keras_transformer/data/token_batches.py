import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.special_tokens import END_ID, START_ID

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

    Returns:
        `tf.data.Dataset` of `({"source_ids": (rows, source_length), "target_ids": (rows, target_length)}, labels)`,
        int32: `target_ids` begins with the start token, `labels` `(rows, target_length)` is the same target, ending
        with the end token; 0 is padding.

    Raises:
        ValueError: a number is out of range.

    Example:

    >>> pairs = text_pairs("train.ko", "train.en")
    >>> model.fit(token_batches(pairs, tokenizer, shuffle=True), epochs=20)
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
        batches = tf.data.Dataset.from_tensor_slices((starts, ends))
        if shuffle:
            batches = batches.shuffle(tf.size(starts, tf.int64) + 1, seed=pool_seed)
        return batches.map(lambda start, end: _batch(sources[start:end], targets[start:end]))


    return tf.data.Dataset.zip(pools, seeds).flat_map(batches_of_pool).prefetch(tf.data.AUTOTUNE)


def _token_rows(sources, targets, max_length):
    """Drops pairs that are empty or too long, adds the end token, and sorts by length, longest first."""
    source_lengths, target_lengths = sources.row_lengths() + 1, targets.row_lengths() + 1
    longest = tf.maximum(source_lengths, target_lengths)
    fits = (source_lengths > 1) & (target_lengths > 1) & (longest <= max_length)
    # The longest first: then the first row of a batch tells how many rows fit. Rows that tie are sorted by the other
    # lengths, so that the shorter side of a batch has little padding as well.
    rank = (longest * (max_length + 1) + target_lengths) * (max_length + 1) + source_lengths
    order = tf.argsort(tf.where(fits, rank, -1), direction="DESCENDING", stable=True)
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
    starts = tf.fill([tf.shape(labels)[0], 1], START_ID)
    target_ids = tf.concat([starts, targets[:, :-1].to_tensor()], axis=1)
    return {"source_ids": sources.to_tensor(), "target_ids": target_ids}, labels


def padding_fraction(batches, num_batches=200):
    """The part of the tokens that are padding, both sides counted.

    Args:
        batches: what `token_batches` returns.
        num_batches: the number of batches that are looked at. Default 200.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: there is no batch: every line was filtered out.
    """
    total = real = 0
    for inputs, _ in batches.take(num_batches):
        for ids in inputs.values():
            total += int(tf.size(ids))
            real += int(tf.math.count_nonzero(ids))
    if not total:
        raise InputError(
            "No sentence pair is left: every one is blank or longer than `[data] max_length` tokens; raise it."
        )
    return 1 - real / total
