import math

import numpy as np
import tensorflow as tf

from keras_transformer.data.streamed_batches import NO_PAIR_IS_LEFT, streamed_batches
from keras_transformer.errors import InputError
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS, PADDING_ID, START_ID, UNKNOWN_ID


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
    concatenation=0.0,
    reversal=0.0,
    word_dropout=0.0,
    fixed_shapes=False,
    steps_per_epoch=None,
    first_step=None,
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
        seed: seed of the shuffling and the sampling; the same seed gives the same sequence of epochs. Default 0.
        sampling: subword regularisation on both sides, see `Tokenizer.tokenize`. Default 0.0, none.
        concatenation: the part, from 0 to 1, of all neighbouring pairs of lines that become one line, source behind
            source and target behind target, in another choice each epoch; with `shuffle` any two are neighbours. Longer
            lines and words at other positions keep a model of little text from learning by heart (Nguyen et al. 2021,
            arXiv 2105.01691). Those that would be longer than `max_length` are left as they are. Default 0.0, none.
        reversal: the part, from 0 to 1, of the lines that are turned round, the target read as source, others in each
            epoch; with `concatenation` joined ones are turned as one. Ding et al. 2021 (arXiv 2109.07780) begin so, and
            go on with one direction. Both sides need the same tokenizer. Default 0.0, none.
        word_dropout: the part, from 0 to below 1, of the tokens the model reads, on both sides, in whose place it reads
            the unknown token, others in each epoch; the labels stay. It learns to translate from what is left (Sennrich
            and Zhang 2019, arXiv 1905.11901, section 3.2). Default 0.0, none.
        fixed_shapes: whether batches come in few shapes, for a step that is compiled anew for each: both sides are
            padded to one of the lengths of `fixed_lengths`, the rows to as many as the budget allows, from 8 on rounded
            down to a multiple of 8 so that processes can share them evenly. Default False.
        steps_per_epoch: number of batches of an epoch, see `count_batches`. Given it, Keras shows how far an epoch has
            come; where a pass over the pairs has fewer batches, the next one lends some. Default None: all there are.
        first_step: a number for an endless stream of batches that begins at this one, counted from 0, of the stream
            that begins at 0; the same arguments give the same stream, so that training can go on where it stopped.
            `fit` has to be told its `steps_per_epoch`. Given here as well, every epoch begins with a pass of its own,
            and going on is quick; otherwise pass follows pass, and all batches before this one are made again.
            Default None: the dataset is one epoch.

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
    if batch_tokens < max_length:
        raise InputError(
            "`batch_tokens` must be at least `max_length`, or the longest line fits into no batch. "
            f"Received: batch_tokens={batch_tokens}, max_length={max_length}."
        )
    for name, part in [("concatenation", concatenation), ("reversal", reversal)]:
        if not 0 <= part <= 1:
            raise InputError(f"`{name}` must be from 0 to 1. Received: {name}={part}.")
    if not 0 <= word_dropout < 1:
        raise InputError(f"`word_dropout` must be from 0 to below 1. Received: word_dropout={word_dropout}.")
    numbers = {"max_length": (max_length, 2), "steps_per_epoch": (steps_per_epoch, 1), "first_step": (first_step, 0)}
    for name, (number, least) in numbers.items():
        if number is not None and number < least:
            raise InputError(f"`{name}` must be at least {least}. Received: {name}={number}.")
    target_tokenizer = target_tokenizer or source_tokenizer
    if reversal and source_tokenizer != target_tokenizer:
        raise InputError("`reversal` needs one tokenizer for both sides. Received: two that differ.")
    lengths = fixed_lengths(max_length) if fixed_shapes else None

    def rows_of_pool(sources, targets, pool_seed):
        sources = source_tokenizer.tokenize(sources, sampling, pool_seed)
        targets = target_tokenizer.tokenize(targets, sampling, pool_seed + 1)
        if concatenation:
            sources, targets = _concatenated(sources, targets, concatenation, max_length, pool_seed)
        if reversal:
            sources, targets = _reversed(sources, targets, reversal, pool_seed)
        return _token_rows(sources, targets, max_length)

    def batches_of_rows(sources, targets, pool_seed):
        longest = tf.maximum(row_lengths(sources), row_lengths(targets))
        batches = cut_by_budget(longest, batch_tokens, lengths, pool_seed if shuffle else None)

        def batch(start, end):
            inputs, labels = _batch(sources[start:end], targets[start:end], batch_tokens, lengths)
            if word_dropout:
                inputs = _with_unknown(inputs, word_dropout, [pool_seed, tf.cast(start, tf.int64)])
            return inputs, labels

        return batches.map(batch)

    return streamed_batches(pairs, rows_of_pool, batches_of_rows, shuffle, seed, steps_per_epoch, first_step)


def fixed_lengths(max_length):
    """The lengths that `fixed_shapes` pads to: `max_length`, and below it each 1.4 times the next, above 8."""
    lengths = []
    length = float(max_length)
    while length > 8:
        lengths.append(math.ceil(length))
        length /= math.sqrt(2)
    return [*reversed(lengths)] or [max_length]


def _concatenated(sources, targets, part, max_length, seed):
    """Joins a part of the rows 0 and 1, 2 and 3 and so on: the ragged tokens with some of their row splits left out."""
    num_pairs = sources.nrows() // 2
    is_joined = tf.random.stateless_uniform([num_pairs], [2, seed]) < part
    for rows in (sources, targets):
        lengths = tf.reshape(row_lengths(rows)[: 2 * num_pairs], (-1, 2))
        # Joined with a blank one, a pair that is left out would spoil the other.
        is_joined &= tf.reduce_all(lengths > 0, axis=1) & (tf.reduce_sum(lengths, axis=1) < max_length)
    is_kept = tf.reshape(tf.stack([tf.ones_like(is_joined), ~is_joined], axis=1), (-1,))
    is_kept = tf.pad(is_kept, [[0, sources.nrows() + 1 - 2 * num_pairs]], constant_values=True)
    return [
        tf.RaggedTensor.from_row_splits(rows.values, tf.boolean_mask(rows.row_splits, is_kept))
        for rows in (sources, targets)
    ]


def _reversed(sources, targets, part, seed):
    """Exchanges the source and the target of a part of the rows."""
    is_reversed = tf.random.stateless_uniform([sources.nrows()], [3, seed]) < part
    rows = tf.range(sources.nrows())
    both = tf.concat([sources, targets], axis=0)
    return [
        tf.gather(both, tf.where(from_targets, rows + sources.nrows(), rows))
        for from_targets in (is_reversed, ~is_reversed)
    ]


def _token_rows(sources, targets, max_length):
    """Drops pairs that are empty or too long, adds the end token, and sorts by length, longest first."""
    source_lengths, target_lengths = row_lengths(sources) + 1, row_lengths(targets) + 1
    longest = tf.maximum(source_lengths, target_lengths)
    fits = (source_lengths > 1) & (target_lengths > 1) & (longest <= max_length)
    # The longest first: then the first row of a batch tells how many rows fit. Rows that tie are sorted by the other
    # lengths, so that the shorter side of a batch has little padding as well.
    order = tf.argsort(source_lengths, direction="DESCENDING", stable=True)
    for lengths in (target_lengths, tf.where(fits, longest, 0)):
        order = tf.gather(order, tf.argsort(tf.gather(lengths, order), direction="DESCENDING", stable=True))
    order = order[: tf.math.count_nonzero(fits, dtype=tf.int32)]
    return with_end(tf.gather(sources, order)), with_end(tf.gather(targets, order))


def cut_by_budget(longest, batch_tokens, lengths=None, shuffle_seed=None):
    """Cuts rows that are sorted by length, the longest first, into batches.

    Args:
        longest: `(rows,)` int32, the length of each row's longer side.
        batch_tokens: the most tokens of a batch, padding counted; a row that is longer is a batch of its own.
        lengths: the lengths that are padded to. Default None: as long as the longest row.
        shuffle_seed: seed of the batches' order. Default None: the longest first.

    Returns:
        `tf.data.Dataset` of the number of a batch's first row, and of the row behind its last.
    """
    if lengths:
        longest = tf.gather(lengths, tf.searchsorted(lengths, longest))
    num_rows = tf.size(longest)

    def next_batch(start, starts):
        rows = tf.maximum(1, _rows_of_budget(batch_tokens, longest[start], fixed=bool(lengths)))
        return start + rows, starts.write(starts.size(), start)

    starts = tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=())
    _, starts = tf.while_loop(lambda start, _: start < num_rows, next_batch, (0, starts))
    starts = starts.stack()
    ends = tf.concat([starts[1:], [num_rows]], axis=0)[: tf.size(starts)]
    if shuffle_seed is not None:
        order = tf.random.experimental.stateless_shuffle(tf.range(tf.size(starts)), seed=[1, shuffle_seed])
        starts, ends = tf.gather(starts, order), tf.gather(ends, order)
    return tf.data.Dataset.from_tensor_slices((starts, ends))


def with_end(rows):
    """Ragged token ids, each row with the end token behind it."""
    return tf.concat([rows, tf.fill([rows.nrows(), 1], END_ID)], axis=1)


def row_lengths(rows):
    """The number of tokens of each row of ragged token ids, int32."""
    return tf.cast(rows.row_lengths(), tf.int32)


def _rows_of_budget(batch_tokens, length, fixed):
    rows = batch_tokens // length
    return tf.where(rows >= 8, rows // 8 * 8, rows) if fixed else rows


def _batch(sources, targets, batch_tokens, lengths=None):
    if lengths:
        longest = tf.cast(tf.maximum(sources.bounding_shape(1), targets.bounding_shape(1)), tf.int32)
        length = tf.gather(lengths, tf.searchsorted(lengths, [longest]))[0]
        shape = [_rows_of_budget(batch_tokens, length, fixed=True), length]
        # Rows of padding alone fill up the last batch of a pool.
        sources, targets = (rows.to_tensor(shape=shape) for rows in (sources, targets))
    else:
        sources, targets = sources.to_tensor(), targets.to_tensor()
    return {"source_ids": sources, "target_ids": shift_targets(targets)}, targets


def _with_unknown(inputs, part, seed):
    """The same with the unknown token in place of a part of all tokens that are not special."""
    changed = {}
    for side, (name, ids) in enumerate(inputs.items()):
        is_changed = tf.random.stateless_uniform(tf.shape(ids), [seed[0] + side, seed[1]]) < part
        changed[name] = tf.where(is_changed & (ids >= NUM_SPECIAL_TOKENS), UNKNOWN_ID, ids)
    return changed


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
        batches: what `token_batches` returns, or what is made of it with other rows.

    Returns:
        A pair: the number of batches, and the part of the tokens that are padding, both sides counted, from 0 to 1.

    Raises:
        InputError: there is no batch: every line was filtered out.
    """
    counts = batches.map(lambda inputs, *_: _token_counts(inputs))
    num_batches, total, real = counts.reduce(
        (0, np.int64(0), np.int64(0)), lambda sums, new: (sums[0] + 1, sums[1] + new[0], sums[2] + new[1])
    )
    if not num_batches:
        raise InputError(NO_PAIR_IS_LEFT)
    return int(num_batches), 1 - int(real) / int(total)


def _token_counts(inputs):
    """Tokens with padding and tokens without, of both sides."""
    total = real = tf.constant(0, tf.int64)
    for ids in inputs.values():
        total += tf.size(ids, tf.int64)
        real += tf.math.count_nonzero(ids, dtype=tf.int64)
    return total, real
