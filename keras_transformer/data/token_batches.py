import warnings
from typing import TYPE_CHECKING

from keras_transformer.data.aligned_pool_batches import AlignedPoolBatches
from keras_transformer.data.pool_batches import PoolBatches
from keras_transformer.data.streamed_batches import check_stream, streamed_batches
from keras_transformer.moved_modules import moved_names
from keras_transformer.text.tokenizers import Tokenizers

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_transformer.data.batch_positions import BatchPositions
    from keras_transformer.data.text_preparation import TextPreparation
    from keras_transformer.text.tokenizer import Tokenizer

__getattr__ = moved_names(__name__)


def token_batches(
    pairs: "tf.data.Dataset",
    source_tokenizer: "Tokenizer | Tokenizers",
    target_tokenizer: "Tokenizer | None" = None,
    *,
    batch_tokens: int = 4096,
    max_length: int = 256,
    shuffle: bool = False,
    seed: int = 0,
    sampling: float = 0.0,
    concatenation: float = 0.0,
    reversal: float = 0.0,
    word_dropout: float = 0.0,
    fixed_shapes: bool = False,
    steps_per_epoch: int | None = None,
    first_step: int | None = None,
    preparation: "TextPreparation | None" = None,
    positions: "BatchPositions | None" = None,
) -> "tf.data.Dataset":
    """Makes batches for `model.fit` from sentence pairs, each with about `batch_tokens` tokens and little padding.

    Lines are streamed. For a corpus of any size, only the shuffle buffer and the lines that are sorted by length
    together are in memory.

    Args:
        pairs: `tf.data.Dataset` of `(source, target)` scalar strings, such as that of `text_pairs`, or of `(source,
            target, alignment)`, such as that of `aligned_pairs`.
        source_tokenizer: the source's `Tokenizer`, or the `Tokenizers` of both sides.
        target_tokenizer: the target's `Tokenizer`. Default: the source's.
        batch_tokens: maximum number of tokens of a batch on either side, including padding: the number of rows times
            the longest sequence. Default 4096.
        max_length: maximum number of tokens on either side, including the start or end token. Longer pairs are dropped.
            Default 256.
        shuffle: whether lines and batches are shuffled, in a new order each epoch. Default False.
        seed: seed of the shuffling and the sampling. The same seed gives the same sequence of epochs. Default 0.
        sampling: subword regularisation on both sides, see `Tokenizer.tokenize`. Default 0.0 (disabled).
        concatenation: fraction of neighbouring line pairs that are joined to one line, source with source and target
            with target, drawn anew each epoch. With `shuffle`, any two lines can be neighbours. Longer lines and new
            positions of words reduce overfitting on small corpora (Nguyen et al. 2021, arXiv 2105.01691). Lines that
            would be longer than `max_length` are not joined. Default 0.0 (disabled).
        reversal: deprecated, version 1.0 removes it. Fraction of the pairs used in the reverse direction (target to
            source), drawn anew each epoch (Ding et al. 2021, arXiv 2109.07780). Both sides need the same tokenizer.
            Default 0.0 (disabled).
        word_dropout: fraction of the input tokens of both sides, below 1, that are replaced by the unknown token, drawn
            anew each epoch. The labels are unchanged (Sennrich and Zhang 2019, arXiv 1905.11901, section 3.2).
            Default 0.0 (disabled).
        fixed_shapes: whether batches have few different shapes, for a compiled step. Both sides are padded to one of
            the lengths of `fixed_lengths`. The number of rows is the maximum of the budget, rounded down to a multiple
            of 8 from 8 on. Several processes can then share the rows evenly. Default False.
        steps_per_epoch: number of batches of an epoch, see `count_batches`. With it, Keras shows the progress of an
            epoch. If a pass over the pairs has fewer batches, the epoch continues with the next pass. Default None: all
            batches of a pass.
        first_step: index of the first batch, counted from 0, of an endless stream of batches. The same arguments give
            the same stream. This resumes an interrupted training. `fit` needs `steps_per_epoch`. If
            `steps_per_epoch` is given here as well, every epoch begins with a new pass. Without `positions`, all
            earlier batches (of the epoch) are made again. Default None: the dataset is one epoch.
        preparation: replaces parts of the texts by symbols before tokenization, a `TextPreparation`. Default None.
        positions: the `BatchPositions` of the interrupted stream. A stream with them begins at `first_step` without the
            batches before it. Default None.

    Returns:
        `tf.data.Dataset` of `({"source_ids": (rows, source_length), "target_ids": (rows, target_length)}, labels)`,
        int32. `target_ids` begins with the start token. `labels` `(rows, target_length)` is the same target and ends
        with the end token. 0 is padding. With alignments, the inputs also have `alignments` `(rows, target_length,
        source_length)` int8, 1 for a label and a source token whose words are linked, else 0, as
        `with_guided_alignment` needs it.

    Raises:
        ValueError: a number is out of range.

    Example:

    >>> pairs = kt.data.text_pairs("train.ko", "train.en")
    >>> batches = kt.data.token_batches(pairs, tokenizer, shuffle=True, steps_per_epoch=10)
    >>> model.fit(batches, epochs=2, shuffle=False)  # The batches are already shuffled.
    """
    if reversal:
        warnings.warn(
            "`reversal` did not improve any measured training (docs/research/multi30k.md); version 1.0 removes it.",
            DeprecationWarning,
            stacklevel=2,
        )
    check_stream(steps_per_epoch, first_step)
    tokenizers = Tokenizers.of(source_tokenizer, target_tokenizer)
    kind = PoolBatches if len(pairs.element_spec) == 2 else AlignedPoolBatches
    pool = kind(
        tokenizers.source,
        tokenizers.target,
        batch_tokens=batch_tokens,
        max_length=max_length,
        shuffle=shuffle,
        sampling=sampling,
        concatenation=concatenation,
        reversal=reversal,
        word_dropout=word_dropout,
        fixed_shapes=fixed_shapes,
        preparation=preparation,
    )
    return streamed_batches(pairs, pool.rows, pool.batches, shuffle, seed, steps_per_epoch, first_step, positions)
