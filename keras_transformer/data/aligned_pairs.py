import os

import tensorflow as tf

from keras_transformer.data.aligned_rows import aligned_rows
from keras_transformer.data.check_files import check_counterparts, rows_of_files
from keras_transformer.data.matching_files import matching_files
from keras_transformer.data.sentence_pairs import streamed_pairs


def aligned_pairs(
    source: str | os.PathLike, target: str | os.PathLike, alignments: str | os.PathLike
) -> tf.data.Dataset:
    """Reads sentence pairs and their word alignments from three text files, line by line.

    A line of the alignments has links such as "0-0 1-2" (the Pharaoh format, as eflomal, fast_align and `translate
    --alignments` write it): the position of a word of the source, and that of a word of the target, from 0. Words are
    separated by white space. A line can be empty.

    Args:
        source, target: see `text_pairs`.
        alignments: path or pattern of the alignments, with a line for each pair.

    Returns:
        `tf.data.Dataset` of `(source, target, alignment)` scalar strings, streamed, for `token_batches`. It needs this
        Python process. Reading ends with a `tf.errors.InvalidArgumentError` that names file and line if a line is not
        in this format, or if it links a word that the text does not have.

    Raises:
        InputError: no file matches a pattern, or the numbers of files differ.

    Example:

    >>> pairs = kt.data.aligned_pairs("train.ko", "train.en", "train.align")
    >>> inputs, labels = next(iter(kt.data.token_batches(pairs, tokenizer)))
    >>> sorted(inputs)
    ['alignments', 'source_ids', 'target_ids']
    """
    pairs_of_files, paths = check_counterparts(source, target), matching_files(alignments)
    return streamed_pairs(lambda: aligned_rows(rows_of_files(pairs_of_files), paths), columns=3)
