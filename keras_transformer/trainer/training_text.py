"""Reads the text of a training once before the first step, checks and hashes it, and keeps small text in memory."""

import sys
from typing import NamedTuple

from keras_transformer.data import listed_pairs, matching_files, split_pairs, text_rows, tsv_rows
from keras_transformer.errors import InputError
from keras_transformer.trainer.recipe_data import recipe_pairs

# Maximum size in bytes of text that is kept in memory. Larger text is read again for the vocabulary, for counting, and
# in each epoch.
_MOST_KEPT_BYTES = 1 << 26


class TrainingText(NamedTuple):
    """The text of the `[data]` section of a recipe.

    Args:
        pairs: a dictionary of `tf.data.Dataset`s by split, see `recipe_pairs`.
        files: a list of `[use, name, bytes, SHA-256]`, such as `["train source", "train.ko", 1024, "..."]`. It is empty
            for the embedded corpus.
    """

    pairs: dict
    files: list


def read_training_text(data, most_kept_bytes=_MOST_KEPT_BYTES):
    """Reads and checks all text of a `[data]` section, in one pass.

    Args:
        data: the section.
        most_kept_bytes: maximum size in bytes of the text of a split that is kept in memory. Default 64 MiB.

    Returns:
        A `TrainingText`.

    Raises:
        InputError: a file is missing, unreadable, empty, not UTF-8, or does not match the others, or too few pairs are
            left with `held_out`.
    """
    if data.corpus:
        return TrainingText(recipe_pairs(data), [])
    files, kept = [], {}
    for split in ("train", "validation"):
        digests = {}
        rows = _rows(data, split, digests)
        if rows is None:
            continue
        kept[split] = _kept(rows, most_kept_bytes)
        files += _files(data, split, digests)
    pairs = _pairs(data, kept)
    if data.held_out:
        _check_held_out(data, pairs)
    return TrainingText(pairs, files)


def check_same_sizes(data, files):
    """Checks that the text of this process has the size of the text of the first process.

    Args:
        data: the `[data]` section.
        files: `TrainingText.files` of the first process.

    Raises:
        InputError: the numbers or the sizes of files differ.
    """
    found = [[use, path.stat().st_size] for split in ("train", "validation") for use, path in _named_files(data, split)]
    if found != [[use, size] for use, _, size, _ in files]:
        raise InputError(
            "[data]: the files of this process are not those that the first process read: their numbers or sizes "
            "differ. Give all processes the same text."
        )


def _rows(data, split, digests):
    """Returns the pairs of the files of a split, or None if it has no files."""
    if pattern := getattr(data, f"{split}_pairs"):
        return tsv_rows(matching_files(pattern), data.source_column, data.target_column, digests)
    if source := getattr(data, f"{split}_source"):
        return text_rows(source, getattr(data, f"{split}_target"), digests)
    return None


def _kept(rows, most_bytes):
    """Reads all rows. Returns them as bytes, or None if they need more memory than `most_bytes`."""
    kept, size = [], 0
    for row in rows:
        if kept is not None:
            kept.append(tuple(text.encode("utf-8").strip() for text in row))
            # The objects of Python count as well: a row of two empty texts is not free.
            size += sys.getsizeof(kept[-1]) + sum(map(sys.getsizeof, kept[-1]))
            if size > most_bytes:
                kept = None
    return kept


def _files(data, split, digests):
    return [[use, path.name, path.stat().st_size, digests[path].hexdigest()] for use, path in _named_files(data, split)]


def _named_files(data, split):
    """Returns pairs of a use, such as "train source", and a path, in the order of the recipe's keys."""
    return [
        (f"{split} {side}", path)
        for side in ("source", "target", "pairs")
        if (pattern := getattr(data, f"{split}_{side}"))
        for path in matching_files(pattern)
    ]


def _pairs(data, kept):
    """Returns the datasets of all splits, from memory or from files."""
    pairs = recipe_pairs(data)
    if data.held_out:
        if kept["train"]:
            train = listed_pairs(kept["train"])
            return {split: split_pairs(train, split, data.held_out) for split in pairs}
        return pairs
    return {split: listed_pairs(kept[split]) if kept.get(split) else pairs[split] for split in pairs}


def _check_held_out(data, pairs):
    for split in ("train", "validation"):
        if not any(True for _ in pairs[split].take(1)):
            raise InputError(
                f"[data] held_out = {data.held_out} leaves no pair for {split}. Use another fraction, or files for "
                "validation."
            )
