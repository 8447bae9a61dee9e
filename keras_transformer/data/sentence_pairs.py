import tensorflow as tf

from keras_transformer.data.matching_files import matching_files

SPLITS = ("train", "validation", "test")
_HASH_BUCKETS = 10_000
_BYTE_ORDER_MARK = b"^\xef\xbb\xbf"


def text_pairs(source, target):
    """Sentence pairs from two text files, line by line.

    Args:
        source: path of the source text, UTF-8, one sentence a line; or a pattern such as "part-*.ko", whose files are
            read one after the other in the order of what stands in place of the wildcards.
        target: path or pattern of its translation, with as many lines.

    Returns:
        `tf.data.Dataset` of `(source, target)` scalar strings, streamed, without surrounding white space, byte order
        mark and carriage return.

    Example:

    >>> pairs = text_pairs("train.ko", "train.en")
    """
    return tf.data.Dataset.zip(*(_lines(path).map(tf.strings.strip) for path in (source, target)))


def tsv_pairs(path, source_column=1, target_column=2):
    """Sentence pairs from one file of tab-separated columns.

    Args:
        path: path of the file, UTF-8, one pair a line; or a pattern of such files.
        source_column: column of the source, counted from 1. Default 1.
        target_column: column of the target, counted from 1. Default 2.

    Returns:
        `tf.data.Dataset` of `(source, target)` scalar strings, streamed.

    Example:

    >>> pairs = tsv_pairs("kor.txt", source_column=2, target_column=1)
    """

    def split(line):
        columns = tf.strings.split(line, "\t")
        return tf.strings.strip(columns[source_column - 1]), tf.strings.strip(columns[target_column - 1])

    # Blank lines have no columns. Only here may a line be stripped: a tab at its end belongs to an empty column.
    return _lines(path).filter(lambda line: tf.strings.length(tf.strings.strip(line)) > 0).map(split)


def listed_pairs(pairs):
    """Sentence pairs from a list of `(source, target)` strings, as a `tf.data.Dataset` of scalar strings.

    Raises:
        ValueError: the list is empty.
    """
    if not pairs:
        raise ValueError("`pairs` must hold at least one sentence pair. Received none.")
    sources, targets = zip(*pairs, strict=True)
    return tf.data.Dataset.from_tensor_slices((list(sources), list(targets)))


def text_of_pairs(pairs):
    """The other way: the `(source, target)` Python strings of a `tf.data.Dataset`, one pair after the other."""
    for sources, targets in pairs.batch(1024).as_numpy_iterator():
        for source, target in zip(sources, targets, strict=True):
            yield source.decode("utf-8"), target.decode("utf-8")


def split_pairs(pairs, split, held_out):
    """One of three splits that share no target sentence.

    The hash of the target decides, so that the splits need no memory and stay the same from run to run.

    Args:
        pairs: `tf.data.Dataset` of `(source, target)` scalar strings.
        split: "train", "validation" or "test".
        held_out: the part of the target sentences, from 0 to 0.5, that validation gets, and test as well.

    Returns:
        `tf.data.Dataset` of the split's pairs.

    Raises:
        ValueError: there is no such split, or `held_out` is out of range.
    """
    if split not in SPLITS:
        raise ValueError(f"`split` must be one of {', '.join(SPLITS)}. Received: split={split!r}.")
    if not 0 <= held_out <= 0.5:
        raise ValueError(f"`held_out` must be from 0 to 0.5. Received: held_out={held_out}.")
    held_out_buckets = round(held_out * _HASH_BUCKETS)
    first = {"validation": 0, "test": held_out_buckets, "train": 2 * held_out_buckets}[split]
    end = _HASH_BUCKETS if split == "train" else first + held_out_buckets

    def belongs(_, target):
        bucket = tf.strings.to_hash_bucket_fast(target, _HASH_BUCKETS)
        return (bucket >= first) & (bucket < end)

    return pairs.filter(belongs)


def _lines(path):
    # Only the first line can begin with a byte order mark, but asking every line is as cheap as counting them.
    return tf.data.TextLineDataset([str(each) for each in matching_files(path)]).map(
        lambda line: tf.strings.regex_replace(line, _BYTE_ORDER_MARK, b"")
    )
