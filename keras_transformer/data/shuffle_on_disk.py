"""Shuffles a parallel corpus of any size on the disk, in bounded memory."""

import contextlib
import os
import pathlib
import random
from collections.abc import Callable

from keras_transformer.data.check_files import text_rows
from keras_transformer.data.matching_files import matching_files
from keras_transformer.data.parquet_rows import is_parquet_name
from keras_transformer.data.tsv_rows import tsv_rows
from keras_transformer.errors import InputError
from keras_transformer.files.compressed_output import compressed_output
from keras_transformer.files.opened_text import opened_text, plain_size
from keras_transformer.files.whole_files import naming, remove_leftovers, unfinished_folder

# Text of one part. Its lines are in memory together, with some bytes for each.
_PART_BYTES = 1 << 28
# Usual ratio of the sizes of plain and compressed text, rounded up.
_EXPANSION = 6
# Number of files that are open at the same time.
_MOST_PARTS = 512
_COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}


def shuffle_on_disk(
    source: str | os.PathLike,
    target: str | os.PathLike,
    source_output: str | os.PathLike,
    target_output: str | os.PathLike,
    seed: int = 0,
    part_bytes: int = _PART_BYTES,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Writes the pairs of a parallel corpus in random order. Every order has the same probability.

    Each pair is written to a part drawn at random, and each part is shuffled in memory. A part of more than twice
    `part_bytes` is divided again. The same files, seed and `part_bytes` give the same order. The number of parts
    depends on the sizes of the files, so text that is compressed in another way has another order. The parts need as
    much space on the disk as the plain text.

    Args:
        source, target: a path each, or two patterns, see `text_pairs`.
        source_output, target_output: the files to write, in one folder, which must exist. They are compressed if they
            end in .gz, .bz2, .xz or .zst. They are renamed when both are complete. If this is interrupted between
            the two renames, the output of the source is missing.
        seed: seed of the order. Default 0.
        part_bytes: approximate size of the text in memory. Default 256 MiB.
        progress: called with the number of pairs after each part. Default None.

    Returns:
        The number of pairs.

    Raises:
        InputError: the text cannot be read, an output is an input, or `part_bytes` is out of range.
        OSError: an output cannot be written, such as on a full disk.

    Example:

    >>> count = kt.data.shuffle_on_disk("train.ko", "train.en", "shuffled.ko", "shuffled.en", seed=1)
    >>> count == sum(1 for _ in kt.data.checked_lines("shuffled.ko"))
    True
    """
    inputs = [path for pattern in (source, target) for path in matching_files(pattern)]
    return _shuffle(text_rows(source, target), inputs, (source_output, target_output), seed, part_bytes, progress)


def shuffle_table_on_disk(
    pairs: str | os.PathLike,
    source_output: str | os.PathLike,
    target_output: str | os.PathLike,
    source_column: int = 1,
    target_column: int = 2,
    seed: int = 0,
    part_bytes: int = _PART_BYTES,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Writes the pairs of tab-separated or Parquet files in random order as two texts. See `shuffle_on_disk`.

    Args:
        pairs: a path or a pattern, see `tsv_rows`.
        source_column, target_column: columns of source and target, counted from 1. Defaults 1 and 2.
        source_output, target_output, seed, part_bytes, progress: see `shuffle_on_disk`.

    Returns:
        The number of pairs.

    Raises:
        InputError: the text cannot be read, an output is an input, or `part_bytes` is out of range.
        OSError: an output cannot be written, such as on a full disk.

    Example:

    >>> count = kt.data.shuffle_table_on_disk("kor.txt", "shuffled.ko", "shuffled.en", source_column=2, target_column=1)
    >>> count == sum(1 for _ in kt.data.checked_lines("shuffled.ko"))
    True
    """
    inputs = matching_files(pairs)
    rows = tsv_rows(inputs, source_column, target_column)
    return _shuffle(rows, inputs, (source_output, target_output), seed, part_bytes, progress)


def _shuffle(rows, inputs, outputs, seed, part_bytes, progress):
    outputs = [pathlib.Path(output) for output in outputs]
    _check(inputs, outputs, part_bytes)
    num_parts = min(_MOST_PARTS, 1 + _plain_bytes(inputs) // part_bytes)
    remove_leftovers(outputs[0].parent)
    with unfinished_folder(outputs[0].parent, outputs[0].name) as folder:
        parts = [folder / f"part_{number}" for number in range(num_parts)]
        lines = ("".join(f"{text}\n" for text in row).encode("utf-8") for row in rows)
        count = _divide(lines, parts, random.Random(seed), outputs[0])
        unfinished = [folder / f"{number}{path.suffix}" for number, path in enumerate(outputs)]
        _write(_bounded(parts, part_bytes, seed, outputs[0]), unfinished, outputs, progress)
        outputs[0].unlink(missing_ok=True)  # Otherwise a kill could leave sides of two orders.
        for path, output in reversed(list(zip(unfinished, outputs, strict=True))):
            os.replace(path, output)
    return count


def _check(inputs, outputs, part_bytes):
    if part_bytes < 1:
        raise InputError(f"`part_bytes` must be at least 1. Received: part_bytes={part_bytes}.")
    if outputs[0].absolute() == outputs[1].absolute():
        raise InputError(f"{outputs[0]}: source and target need different outputs.")
    for output in outputs:
        if output.parent.absolute() != outputs[0].parent.absolute() or not output.parent.is_dir():
            raise InputError(f"{output}: expected outputs in one existing folder.")
        if any(output.exists() and path.exists() and output.samefile(path) for path in inputs):
            raise InputError(f"{output}: input and output are the same file. Choose another output.")


def _plain_bytes(paths):
    """Returns the approximate size of the plain text."""
    total = 0
    for path in paths:
        if is_parquet_name(path):
            total += _EXPANSION * os.path.getsize(path)
            continue
        with opened_text(path) as file:
            total += plain_size(file) or _EXPANSION * os.path.getsize(path)
    return total


def _divide(rows, parts, numbers, name):
    """Writes each row, two lines as bytes, to a part drawn at random. Returns the number of rows."""
    count = 0
    with contextlib.ExitStack() as opened:
        opened.enter_context(naming(name))
        files = [opened.enter_context(open(part, "wb")) for part in parts]
        for row in rows:
            files[numbers.randrange(len(files))].write(row)
            count += 1
    return count


def _bounded(parts, part_bytes, seed, name):
    """Yields the parts, those of more than twice `part_bytes` divided again, each with the seed of its order."""
    for number, part in enumerate(parts):
        size = part.stat().st_size
        if size <= 2 * part_bytes:
            yield part, f"{seed} {number}"
            continue
        smaller = [part.with_name(f"{part.name}_{place}") for place in range(min(_MOST_PARTS, 1 + size // part_bytes))]
        with open(part, "rb") as file:
            rows = map(b"".join, zip(file, file, strict=True))
            _divide(rows, smaller, random.Random(f"{seed} {number} again"), name)
        part.unlink()
        for place, each in enumerate(smaller):
            yield each, f"{seed} {number} {place}"


def _write(parts, unfinished, outputs, progress):
    with contextlib.ExitStack() as opened:
        files = []
        for path, output in zip(unfinished, outputs, strict=True):
            opened.enter_context(naming(output))
            files.append(opened.enter_context(compressed_output(path, _COMPRESSIONS.get(output.suffix))))
        for part, seed in parts:
            lines = part.read_bytes().split(b"\n")[:-1]
            part.unlink()
            order = list(range(0, len(lines), 2))
            random.Random(seed).shuffle(order)
            for side, file in enumerate(files):
                file.writelines(lines[index + side] + b"\n" for index in order)
            if progress is not None:
                progress(len(order))
