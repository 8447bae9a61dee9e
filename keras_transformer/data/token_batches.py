import warnings

from keras_transformer.data.pool_batches import PoolBatches
from keras_transformer.data.streamed_batches import check_stream, streamed_batches


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
        reversal: deprecated, version 1.0 removes it. Fraction of the pairs used in the reverse direction (target to
            source), drawn anew each epoch (Ding et al. 2021, arXiv 2109.07780). Both sides need the same tokenizer.
            Default 0.0, none.
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
    if reversal:
        warnings.warn(
            "`reversal` did not improve any measured training (docs/research/multi30k.md); version 1.0 removes it.",
            DeprecationWarning,
            stacklevel=2,
        )
    check_stream(steps_per_epoch, first_step)
    pool = PoolBatches(
        source_tokenizer,
        target_tokenizer or source_tokenizer,
        batch_tokens=batch_tokens,
        max_length=max_length,
        shuffle=shuffle,
        sampling=sampling,
        concatenation=concatenation,
        reversal=reversal,
        word_dropout=word_dropout,
        fixed_shapes=fixed_shapes,
    )
    return streamed_batches(pairs, pool.rows, pool.batches, shuffle, seed, steps_per_epoch, first_step)
