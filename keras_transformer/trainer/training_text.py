"""Reads the text of a training once before the first step, checks and hashes it, and keeps small text in memory."""

import dataclasses
import functools
import hashlib
import pathlib
import sys
from typing import TYPE_CHECKING, Any

from keras_transformer.data import matching_files
from keras_transformer.errors import InputError
from keras_transformer.trainer.recipe_inputs import rows_of_corpora
from keras_transformer.trainer.streamed_text import StreamedText, times_of_files

if TYPE_CHECKING:
    import tensorflow as tf

# Maximum size in bytes of text that is kept in memory. Larger text is read again for the vocabulary, for counting, and
# in each epoch.
_MOST_KEPT_BYTES = 1 << 26
_GLOSSARY = "glossary"


@dataclasses.dataclass(frozen=True)
class TrainingText:
    """The checked text of the `[data]` section of a recipe.

    Args:
        data: the section. Default None, for a process that reads no text.
        files: a list of `[use, name, bytes, SHA-256]`, such as `["train source", "train.ko", 1024, "..."]`. The
            embedded corpus has no file. With several corpora, the use has the number of the corpus: "train source 1".
        counts: number of pairs of each training corpus, before pairs are held out or dropped. It is empty for the
            embedded corpus. Default: empty.
        kept: the rows of each corpus as bytes by split, None for text that is not kept in memory. Default: empty.
        streamed: the `StreamedText` of the training text, or None if it is in memory. Default None.
    """

    data: Any = None
    files: list = dataclasses.field(default_factory=list)
    counts: list = dataclasses.field(default_factory=list)
    kept: dict = dataclasses.field(default_factory=dict)
    streamed: StreamedText | None = None

    @functools.cached_property
    def pairs(self) -> "dict[str, tf.data.Dataset]":
        """A dictionary of `tf.data.Dataset`s by split, see `recipe_pairs`.

        Raises:
            InputError: too few pairs are left with `held_out`.
        """
        from keras_transformer.trainer.kept_pairs import pairs_of_text  # noqa: PLC0415 (imports TensorFlow)

        return pairs_of_text(self.data, self.kept, self.counts)


def read_training_text(data, most_kept_bytes=None, before=None):
    """Reads and checks all text of a `[data]` section, in one pass.

    Args:
        data: the section.
        most_kept_bytes: maximum size in bytes of the text of a split that is kept in memory. Default 64 MiB.
        before: the `StreamedText` of an interrupted training. Its training text is not read again if no file has
            changed. Default None.

    Returns:
        A `TrainingText`.

    Raises:
        InputError: a file is missing, unreadable, empty, not UTF-8, or does not match the others.
    """
    if data.corpus and not data.train_alignments:
        return TrainingText(data, _glossary_files(data))
    most_kept_bytes = _MOST_KEPT_BYTES if most_kept_bytes is None else most_kept_bytes
    files, kept, counts = [], {}, {}
    # Before the files are read, so that a later change is noticed.
    times = times_of_files(_named_files(data, "train"))
    for split in ("train", "validation"):
        if split == "train" and before and before.is_unchanged(_named_files(data, split)):
            kept[split], counts[split] = None, before.counts
            files += before.files
            continue
        digests = {}
        corpora = rows_of_corpora(data, split, digests)
        weights = data.weight_of_corpora if split == "train" and data.weight_of_corpora else [1] * len(corpora)
        kept[split], counts[split] = _read(corpora, weights, most_kept_bytes)
        files += _files(data, split, digests)
    files += _glossary_files(data)
    streamed = StreamedText(files[: len(times)], counts["train"], times) if kept["train"] is None else None
    return TrainingText(data, files, counts["train"], kept, streamed)


def check_same_sizes(data, files):
    """Checks that the text of this process has the size of the text of the first process.

    Args:
        data: the `[data]` section.
        files: `TrainingText.files` of the first process.

    Raises:
        InputError: the numbers or the sizes of files differ.
    """
    found = [[use, path.stat().st_size] for split in ("train", "validation") for use, path in _named_files(data, split)]
    if found != [[use, size] for use, _, size, _ in files if use != _GLOSSARY]:
        raise InputError(
            "[data]: the files of this process are not those that the first process read: their numbers or sizes "
            "differ. Give all processes the same text."
        )


def _read(corpora, weights, most_bytes):
    """Reads all rows of all corpora.

    Returns:
        The rows of each corpus as bytes, or None if they need more memory than `most_bytes` with their repetitions; and
        the number of rows of each corpus.
    """
    kept, counts, size = [], [], 0
    for rows, weight in zip(corpora, weights, strict=True):
        rows_here = []
        counts.append(0)
        for row in rows():
            counts[-1] += 1
            if kept is None:
                continue
            rows_here.append(tuple(text.encode("utf-8").strip() for text in row))
            # The objects of Python count as well: a row of two empty texts is not free.
            size += weight * (sys.getsizeof(rows_here[-1]) + sum(map(sys.getsizeof, rows_here[-1])))
            if size > most_bytes:
                kept, rows_here = None, []
        if kept is not None:
            kept.append(rows_here)
    return kept, counts


def _files(data, split, digests):
    return [[use, path.name, path.stat().st_size, digests[path].hexdigest()] for use, path in _named_files(data, split)]


def _glossary_files(data):
    if not data.glossary:
        return []
    path = pathlib.Path(data.glossary)
    content = path.read_bytes()
    return [[_GLOSSARY, path.name, len(content), hashlib.sha256(content).hexdigest()]]


def _named_files(data, split):
    """Returns pairs of a use, such as "train source", and a path, in the order of the recipe's keys."""
    return [
        (f"{split} {side} {number}" if len(patterns) > 1 else f"{split} {side}", path)
        for side in ("source", "target", "pairs", *(["alignments"] if split == "train" else []))
        if (patterns := data.files(f"{split}_{side}"))
        for number, pattern in enumerate(patterns, start=1)
        for path in matching_files(pattern)
    ]
