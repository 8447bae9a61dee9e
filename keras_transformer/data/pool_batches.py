import dataclasses
import math

import tensorflow as tf

from keras_transformer.data.text_preparation import TextPreparation
from keras_transformer.errors import InputError
from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text.token_rows import label_ids, token_rows, with_end
from keras_transformer.text.tokenizers import Tokenizers


@dataclasses.dataclass(frozen=True)
class PoolBatches:
    """Makes the batches of a pool, the lines that are sorted by length together. See `token_batches` for arguments.

    Raises:
        InputError: a number is out of range.
    """

    source_tokenizer: object
    target_tokenizer: object
    batch_tokens: int = 4096
    max_length: int = 256
    shuffle: bool = False
    sampling: float = 0.0
    concatenation: float = 0.0
    reversal: float = 0.0
    word_dropout: float = 0.0
    fixed_shapes: bool = False
    preparation: TextPreparation | None = None

    def __post_init__(self):
        if self.batch_tokens < self.max_length:
            raise InputError(
                "`batch_tokens` must be at least `max_length`, because a batch must have room for the longest line. "
                f"Received: batch_tokens={self.batch_tokens}, max_length={self.max_length}."
            )
        for name in ("sampling", "concatenation", "reversal"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"`{name}` must be from 0 to 1. Received: {name}={getattr(self, name)}.")
        if not 0 <= self.word_dropout < 1:
            raise InputError(
                f"`word_dropout` must be at least 0 and below 1. Received: word_dropout={self.word_dropout}."
            )
        if self.max_length < 2:
            raise InputError(f"`max_length` must be at least 2. Received: max_length={self.max_length}.")
        if self.reversal and not Tokenizers(self.source_tokenizer, self.target_tokenizer).is_shared:
            raise InputError("`reversal` needs one tokenizer for both sides. Received: two different tokenizers.")

    @property
    def _lengths(self):
        return fixed_lengths(self.max_length) if self.fixed_shapes else None

    def rows(self, sources: tf.Tensor, targets: tf.Tensor, seed: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Returns the rows of texts, longest first.

        Args:
            sources, targets: `(pairs,)` strings.
            seed: scalar int64.

        Returns:
            Ragged token ids of the sources and of the targets, `(rows, None)` int32, each row with the end token.
        """
        return self._rows_of_tokens(*self._tokens(sources, targets, seed), seed)

    def counted_rows(
        self, sources: tf.Tensor, targets: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Returns the value of `rows`, and the numbers of all pairs, of blank pairs and of pairs that are too long."""
        tokens = self._tokens(sources, targets, seed)
        # The length of a sampled segmentation varies.
        best = self._tokens(sources, targets) if self.sampling else tokens
        return (*self._rows_of_tokens(*tokens, seed), *count_dropped(*best, self.max_length))

    def batches(self, sources: tf.RaggedTensor, targets: tf.RaggedTensor, seed: tf.Tensor) -> tf.data.Dataset:
        """Returns the `tf.data.Dataset` of batches of the rows of `rows`."""
        bounds = self._bounds(sources, targets, seed)
        return bounds.map(lambda start, end: self._batch(sources[start:end], targets[start:end], start, seed))

    def _bounds(self, sources, targets, seed):
        """Returns the `tf.data.Dataset` of the first row of each batch, and the row after its last one."""
        longest = tf.maximum(row_lengths(sources), row_lengths(targets))
        return cut_by_budget(longest, self.batch_tokens, self._lengths, seed if self.shuffle else None)

    def _batch(self, sources, targets, start, seed):
        """Returns inputs and labels of the rows of a batch. `start` is the number of its first row."""
        targets = label_ids(self.target_tokenizer, targets)
        inputs, labels = _batch(sources, targets, self.batch_tokens, self._lengths)
        if self.word_dropout:
            inputs = _with_unknown(inputs, self.word_dropout, [seed, tf.cast(start, tf.int64)])
        return inputs, labels

    def _tokens(self, sources, targets, seed=None):
        """Returns ragged token ids of both sides, with the best segmentation if there is no seed."""
        if self.preparation is not None:
            sources, targets = self.preparation.prepare(sources, targets, seed)
        sampling, seeds = (0.0, (None, None)) if seed is None else (self.sampling, (seed, seed + 1))
        tokenizers = (self.source_tokenizer, self.target_tokenizer)
        return [
            token_rows(tokenizer, texts, sampling, each)
            for tokenizer, texts, each in zip(tokenizers, (sources, targets), seeds, strict=True)
        ]

    def _rows_of_tokens(self, sources, targets, seed):
        if self.concatenation:
            is_kept = kept_splits(sources, targets, self.concatenation, self.max_length, seed)
            sources, targets = joined_rows(sources, is_kept), joined_rows(targets, is_kept)
        if self.reversal:
            sources, targets = _reversed(sources, targets, self.reversal, seed)
        order = order_of_rows(sources, targets, self.max_length)
        return with_end(tf.gather(sources, order)), with_end(tf.gather(targets, order))


def count_dropped(sources, targets, max_length):
    """Counts dropped pairs of ragged token ids, without start and end token, by reason.

    Returns:
        The numbers of all pairs, of pairs with a blank side, and of other pairs that are too long, scalar int64.
    """
    source_lengths, target_lengths = row_lengths(sources), row_lengths(targets)
    is_blank = (source_lengths == 0) | (target_lengths == 0)
    is_long = ~is_blank & (tf.maximum(source_lengths, target_lengths) + 1 > max_length)
    return tf.size(is_blank, tf.int64), tf.math.count_nonzero(is_blank), tf.math.count_nonzero(is_long)


def fixed_lengths(max_length):
    """Returns the lengths of `fixed_shapes`: `max_length`, and lower lengths above 8 with a ratio of 1.4."""
    lengths = []
    length = float(max_length)
    while length > 8:
        lengths.append(math.ceil(length))
        length /= math.sqrt(2)
    return [*reversed(lengths)] or [max_length]


def kept_splits(sources, targets, part, max_length, seed):
    """Chooses a fraction of the row pairs (0, 1), (2, 3) and so on to be joined.

    Returns:
        `(rows + 1,)` booleans for `joined_rows`: whether each of the row splits is kept.
    """
    num_pairs = sources.nrows() // 2
    is_joined = tf.random.stateless_uniform([num_pairs], [2, seed]) < part
    for rows in (sources, targets):
        lengths = tf.reshape(row_lengths(rows)[: 2 * num_pairs], (-1, 2))
        # A dropped pair must not be joined with another pair.
        is_joined &= tf.reduce_all(lengths > 0, axis=1) & (tf.reduce_sum(lengths, axis=1) < max_length)
    is_kept = tf.reshape(tf.stack([tf.ones_like(is_joined), ~is_joined], axis=1), (-1,))
    return tf.pad(is_kept, [[0, sources.nrows() + 1 - 2 * num_pairs]], constant_values=True)


def joined_rows(rows, is_kept):
    """Joins rows by removing row splits."""
    return tf.RaggedTensor.from_row_splits(rows.values, tf.boolean_mask(rows.row_splits, is_kept))


def _reversed(sources, targets, part, seed):
    """Exchanges the source and the target of a fraction of the rows."""
    is_reversed = tf.random.stateless_uniform([sources.nrows()], [3, seed]) < part
    rows = tf.range(sources.nrows())
    both = tf.concat([sources, targets], axis=0)
    return [
        tf.gather(both, tf.where(from_targets, rows + sources.nrows(), rows))
        for from_targets in (is_reversed, ~is_reversed)
    ]


def order_of_rows(sources, targets, max_length):
    """Returns the numbers of the rows by length, longest first, without blank and too long pairs."""
    source_lengths, target_lengths = row_lengths(sources) + 1, row_lengths(targets) + 1
    longest = tf.maximum(source_lengths, target_lengths)
    fits = (source_lengths > 1) & (target_lengths > 1) & (longest <= max_length)
    # Longest first: the first row of a batch then determines the number of rows. Rows of equal length are sorted by the
    # length of the other side, so that the shorter side of a batch has little padding as well.
    order = tf.argsort(source_lengths, direction="DESCENDING", stable=True)
    for lengths in (target_lengths, tf.where(fits, longest, 0)):
        order = tf.gather(order, tf.argsort(tf.gather(lengths, order), direction="DESCENDING", stable=True))
    return order[: tf.math.count_nonzero(fits, dtype=tf.int32)]


def cut_by_budget(longest, batch_tokens, lengths=None, shuffle_seed=None):
    """Divides rows that are sorted by length, longest first, into batches.

    Args:
        longest: `(rows,)` int32, the length of each row's longer side.
        batch_tokens: maximum number of tokens of a batch, including padding. A longer row is a separate batch.
        lengths: the lengths to which rows are padded. Default None: the length of the longest row.
        shuffle_seed: seed of the order of batches. Default None: longest first.

    Returns:
        `tf.data.Dataset` of the index of a batch's first row and the index after its last row.
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


def row_lengths(rows):
    """Returns the number of tokens of each row of ragged token ids, int32."""
    return tf.cast(rows.row_lengths(), tf.int32)


def _rows_of_budget(batch_tokens, length, fixed):
    rows = batch_tokens // length
    return tf.where(rows >= 8, rows // 8 * 8, rows) if fixed else rows


def _batch(sources, targets, batch_tokens, lengths=None):
    if lengths:
        longest = tf.cast(tf.maximum(sources.bounding_shape(1), targets.bounding_shape(1)), tf.int32)
        length = tf.gather(lengths, tf.searchsorted(lengths, [longest]))[0]
        shape = [_rows_of_budget(batch_tokens, length, fixed=True), length]
        # The last batch of a pool is filled with rows of padding.
        sources, targets = (rows.to_tensor(shape=shape) for rows in (sources, targets))
    else:
        sources, targets = sources.to_tensor(), targets.to_tensor()
    return {"source_ids": sources, "target_ids": shift_targets(targets)}, targets


def _with_unknown(inputs, part, seed):
    """Replaces a fraction of the tokens that are not special by the unknown token."""
    changed = {}
    for side, (name, ids) in enumerate(inputs.items()):
        is_changed = tf.random.stateless_uniform(tf.shape(ids), [seed[0] + side, seed[1]]) < part
        changed[name] = tf.where(is_changed & (ids >= NUM_SPECIAL_TOKENS), UNKNOWN_ID, ids)
    return changed


def shift_targets(labels):
    """Returns the decoder input for labels: the start token, then all labels except the last.

    Args:
        labels: `(batch, length)` int32, 0 is padding.

    Returns:
        `(batch, length)` int32, with padding at the padding of the labels.
    """
    starts = tf.fill([tf.shape(labels)[0], 1], START_ID)
    shifted = tf.concat([starts, labels[:, :-1]], axis=1)
    return tf.where(labels == PADDING_ID, PADDING_ID, shifted)
