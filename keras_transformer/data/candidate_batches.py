from typing import TYPE_CHECKING

import tensorflow as tf

from keras_transformer.data.pool_batches import cut_by_budget, row_lengths, shift_targets
from keras_transformer.data.streamed_batches import streamed_batches
from keras_transformer.text.token_rows import label_ids, token_rows, with_end
from keras_transformer.text.tokenizers import Tokenizers

if TYPE_CHECKING:
    from keras_transformer.text.tokenizer import Tokenizer


def candidate_batches(
    candidates: tf.data.Dataset,
    source_tokenizer: "Tokenizer | Tokenizers",
    target_tokenizer: "Tokenizer | None" = None,
    *,
    batch_tokens: int = 4096,
    max_length: int = 256,
    shuffle: bool = False,
    seed: int = 0,
    steps_per_epoch: int | None = None,
    first_step: int | None = None,
) -> tf.data.Dataset:
    """Makes batches for `ExpectedRisk` from sources with a reference and candidates.

    Args:
        candidates: `tf.data.Dataset` of `(source, targets, qualities)`: a scalar string; `(n + 1,)` strings, the
            reference and n candidates; `(n + 1,)` float32, their qualities.
        source_tokenizer: the source's `Tokenizer`, or the `Tokenizers` of both sides.
        target_tokenizer: the target's `Tokenizer`. Default: the source's.
        batch_tokens: maximum number of tokens of a batch on either side, including padding. A batch has at least one
            source with its reference and candidates. Default 4096.
        max_length: maximum number of tokens. A source is dropped if one of its texts is longer, or if it or its
            reference is blank. Default 256.
        shuffle, seed, steps_per_epoch, first_step: see `token_batches`.

    Returns:
        `tf.data.Dataset` of `({"source_ids": (rows, source_length), "target_ids": (rows, target_length)}, labels,
        qualities)`. Inputs and labels are those of `token_batches`, with n + 1 successive rows per source. Qualities
        are `(rows,)` float32.

    Example:

    >>> candidates = tf.data.Dataset.from_tensors(("나는 갔다.", ["I went.", "I go."], [1.0, 0.5]))
    >>> inputs, labels, qualities = next(iter(kt.data.candidate_batches(candidates, tokenizer)))
    >>> qualities.numpy()
    array([1. , 0.5], dtype=float32)
    """
    tokenizers = Tokenizers.of(source_tokenizer, target_tokenizer)
    copies = candidates.element_spec[1].shape[0]

    def rows_of_pool(sources, targets, qualities, _):
        sources = with_end(token_rows(tokenizers.source, sources))
        # All targets in one list, `copies` per source.
        targets = token_rows(tokenizers.target, tf.reshape(targets, (-1,)))
        targets = with_end(label_ids(tokenizers.target, targets))
        target_lengths = tf.reshape(row_lengths(targets), (-1, copies))
        longest = tf.maximum(row_lengths(sources), tf.reduce_max(target_lengths, axis=1))
        fits = (row_lengths(sources) > 1) & (target_lengths[:, 0] > 1) & (longest <= max_length)
        order = tf.argsort(tf.where(fits, longest, 0), direction="DESCENDING", stable=True)
        order = order[: tf.math.count_nonzero(fits, dtype=tf.int32)]
        groups = tf.RaggedTensor.from_uniform_row_length(targets, copies)
        return (
            tf.gather(sources, order),
            tf.gather(groups, order),
            tf.gather(qualities, order),
            tf.gather(longest, order),
        )

    def batches_of_rows(sources, groups, qualities, longest, pool_seed):
        batches = cut_by_budget(longest, batch_tokens // copies, shuffle_seed=pool_seed if shuffle else None)
        return batches.map(lambda start, end: batch(sources[start:end], groups[start:end], qualities[start:end]))

    def batch(sources, groups, qualities):
        sources = tf.repeat(sources.to_tensor(), copies, axis=0)
        labels = groups.merge_dims(0, 1).to_tensor()
        return {"source_ids": sources, "target_ids": shift_targets(labels)}, labels, tf.reshape(qualities, (-1,))

    return streamed_batches(candidates, rows_of_pool, batches_of_rows, shuffle, seed, steps_per_epoch, first_step)
