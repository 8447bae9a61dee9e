import itertools
import os
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from keras_transformer.data.check_files import check_counterparts, rows_of_files
from keras_transformer.data.matching_files import matching_files
from keras_transformer.data.tsv_rows import tsv_rows
from keras_transformer.text.tokenizer import check_unicode

SPLITS = ("train", "validation", "test")
_HASH_BUCKETS = 10_000
# Number of pairs that are passed from Python to TensorFlow at a time.
_CHUNK_PAIRS = 1024


def text_pairs(source: str | os.PathLike, target: str | os.PathLike) -> tf.data.Dataset:
    """Reads sentence pairs from two text files, line by line.

    Args:
        source: path of the source text, UTF-8, one sentence per line, plain or compressed (see `opened_text`). A
            pattern such as "part-*.ko" reads its files one after the other, in the order of the texts that the
            wildcards match.
        target: path or pattern of its translation, with equally many files, each with the line count of its
            counterpart.

    Returns:
        `tf.data.Dataset` of `(source, target)` scalar strings, streamed, without surrounding white space, byte order
        mark and carriage return. It needs this Python process. Reading ends with a `tf.errors.InvalidArgumentError`
        that names file and line if a file has fewer lines than its counterpart, or if a line is not UTF-8 or is longer
        than 16 MiB. A file of a pattern can be empty.

    Raises:
        InputError: no file matches a pattern, the numbers of files differ, or only some files of one side have a
            counterpart on the other side.

    Example:

    >>> pairs = kt.data.text_pairs("train.ko", "train.en")
    >>> next(kt.data.text_of_pairs(pairs))
    ('나는 어제 카페에 갔다.', 'I went to the cafe yesterday.')
    """
    # The files are found once, and read again in each pass.
    pairs_of_files = check_counterparts(source, target)
    return streamed_pairs(lambda: rows_of_files(pairs_of_files))


def tsv_pairs(path: str | os.PathLike, source_column: int = 1, target_column: int = 2) -> tf.data.Dataset:
    """Reads sentence pairs from a file of tab-separated columns.

    Args:
        path: path of the file, UTF-8, one pair per line, plain or compressed (see `opened_text`), or a pattern of such
            files.
        source_column: column of the source, counted from 1. Default 1.
        target_column: column of the target, counted from 1. Default 2.

    Returns:
        `tf.data.Dataset` of `(source, target)` scalar strings, streamed. It needs this Python process. A row of white
        space is a pair of empty texts. Reading ends with a `tf.errors.InvalidArgumentError` that names file and line
        if a row does not have the number of columns of the first row, because a tab within a text would give a wrong
        pair, or if a row is not UTF-8 or is longer than 16 MiB.

    Example:

    >>> pairs = kt.data.tsv_pairs("kor.txt", source_column=2, target_column=1)
    >>> next(kt.data.text_of_pairs(pairs))
    ('나는 어제 카페에 갔다.', 'I went to the cafe yesterday.')
    """
    paths = matching_files(path)
    return streamed_pairs(lambda: tsv_rows(paths, source_column, target_column))


def streamed_pairs(pairs_of_pass, columns=2):
    """Makes a dataset of the values of a generator function, in chunks, because each call of Python is expensive.

    Args:
        pairs_of_pass: a function that returns an iterable of tuples of strings.
        columns: number of strings of a tuple. Default 2.
    """

    def chunks():
        pairs = pairs_of_pass()
        while part := list(itertools.islice(pairs, _CHUNK_PAIRS)):
            yield tuple(
                np.array([text.encode("utf-8").strip() for text in side], object) for side in zip(*part, strict=True)
            )

    signature = (tf.TensorSpec((None,), tf.string),) * columns
    texts = tf.data.Dataset.from_generator(chunks, output_signature=signature)
    return texts.flat_map(lambda *sides: tf.data.Dataset.from_tensor_slices(sides))


def listed_pairs(pairs: Sequence[tuple[str, ...]]) -> tf.data.Dataset:
    """Makes a `tf.data.Dataset` of scalar strings from a list of `(source, target)` or `(source, target, alignment)`.

    Raises:
        ValueError: the list is empty, or a text has a lone surrogate.

    Example:

    >>> pairs = kt.data.listed_pairs([("나는 어제 카페에 갔다.", "I went to the cafe yesterday.")])
    >>> list(kt.data.text_of_pairs(pairs))
    [('나는 어제 카페에 갔다.', 'I went to the cafe yesterday.')]
    """
    if not pairs:
        raise ValueError("`pairs` must have at least one sentence pair. Received none.")
    columns = tuple(map(list, zip(*pairs, strict=True)))
    for text in itertools.chain.from_iterable(columns):
        if isinstance(text, str):
            check_unicode(text)
    return tf.data.Dataset.from_tensor_slices(columns)


def text_of_pairs(pairs: tf.data.Dataset) -> Iterator[tuple[str, str]]:
    """Yields the `(source, target)` Python strings of a `tf.data.Dataset`, one pair at a time.

    Example:

    >>> next(kt.data.text_of_pairs(kt.data.text_pairs("train.ko", "train.en")))
    ('나는 어제 카페에 갔다.', 'I went to the cafe yesterday.')
    """
    for sources, targets in pairs.batch(1024).as_numpy_iterator():
        for source, target in zip(sources, targets, strict=True):
            yield source.decode("utf-8"), target.decode("utf-8")


def split_pairs(pairs: tf.data.Dataset, split: str, held_out: float) -> tf.data.Dataset:
    """Selects one of three splits that share no target sentence.

    The split of a pair depends on the hash of its target. The splits need no memory and are the same in every run.

    Args:
        pairs: `tf.data.Dataset` of `(source, target)` scalar strings.
        split: "train", "validation" or "test".
        held_out: fraction of the target sentences in the validation split, from 0 to 0.5. The test split has the same.

    Returns:
        `tf.data.Dataset` of the split's pairs.

    Raises:
        ValueError: the split is unknown, or `held_out` is out of range.

    Example:

    >>> train, validation, test = (kt.data.split_pairs(pairs, name, 0.1) for name in ("train", "validation", "test"))
    """
    if split not in SPLITS:
        raise ValueError(f"`split` must be one of {', '.join(SPLITS)}. Received: split={split!r}.")
    if not 0 <= held_out <= 0.5:
        raise ValueError(f"`held_out` must be from 0 to 0.5. Received: held_out={held_out}.")
    held_out_buckets = round(held_out * _HASH_BUCKETS)
    first = {"validation": 0, "test": held_out_buckets, "train": 2 * held_out_buckets}[split]
    end = _HASH_BUCKETS if split == "train" else first + held_out_buckets

    def belongs(_, target, *others):
        bucket = tf.strings.to_hash_bucket_fast(target, _HASH_BUCKETS)
        return (bucket >= first) & (bucket < end)

    return pairs.filter(belongs)
