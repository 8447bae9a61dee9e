"""Checks of text files before any work starts. Every error is one line with the file and the line number."""

import itertools
import os
from collections.abc import Iterator
from typing import Any

from keras_transformer.data.matching_files import matching_files, wildcard_parts
from keras_transformer.data.text_lines import check_some_text, checked_lines, count_lines
from keras_transformer.data.tsv_rows import new_digest, tsv_rows
from keras_transformer.errors import InputError
from keras_transformer.moved_modules import moved_names

__getattr__ = moved_names(__name__)


def check_text_files(source: str | os.PathLike, target: str | os.PathLike) -> int:
    """Checks two parallel text files, or two patterns of equally many files that are parallel in their order.

    Returns:
        The number of line pairs.

    Raises:
        InputError: an error of `text_rows`.

    Example:

    >>> kt.data.check_text_files("train.ko", "train.en")
    41
    """
    return sum(1 for _ in text_rows(source, target))


def text_rows(source: str | os.PathLike, target: str | os.PathLike, digests: Any = None) -> Iterator[tuple[str, str]]:
    """Yields the sentence pairs of two parallel text files, checked while they are read.

    Args:
        source, target: a path each, or two patterns of equally many files that are parallel in their order.
        digests: a dictionary that gets a SHA-256 hash object for each path. Default None.

    Yields:
        `(source, target)` strings.

    Raises:
        InputError: a file is missing, unreadable or not UTF-8, all files of one side are empty, the numbers of files or
            lines differ, or only some files of one side have a counterpart on the other side.

    Example:

    >>> rows = list(kt.data.text_rows("train.ko", "train.en"))
    >>> rows[0]
    ('나는 어제 카페에 갔다.', 'I went to the cafe yesterday.')
    """
    yield from rows_of_files(check_counterparts(source, target), digests)


def rows_of_files(pairs_of_files, digests=None):
    """Yields the sentence pairs of the result of `check_counterparts`, see `text_rows`."""
    with_text = set() if len(pairs_of_files) > 1 else None
    for paths in pairs_of_files:
        yield from parallel_rows(*paths, digests, with_text=with_text)
    if with_text is not None:
        for paths in zip(*pairs_of_files, strict=True):
            check_some_text(paths, with_text)


def text_rows_from(source: str | os.PathLike, target: str | os.PathLike, first: int) -> Iterator[tuple[str, str]]:
    """Yields the sentence pairs of `text_rows` from an index on. Earlier lines are neither decoded nor checked.

    Args:
        source, target: see `text_rows`.
        first: index of the first pair, counted over all files.
    """
    pairs_of_files = check_counterparts(source, target)
    if not first:
        yield from rows_of_files(pairs_of_files)
        return
    for paths in pairs_of_files:
        # Counting stops at this number.
        skipped = count_lines(paths[0], most=first) if first else 0
        first -= skipped
        if not first:
            yield from parallel_rows(*paths, first=skipped, with_text=set())


def check_counterparts(source, target):
    """Returns the pairs of paths of two patterns.

    Raises:
        InputError: no file matches a pattern, the numbers of files differ, or only some files have a counterpart.
    """
    sources, targets = matching_files(source), matching_files(target)
    _check_names(source, target, sources, targets)
    if len(sources) != len(targets):
        raise InputError(
            f"Source and target must have the same number of files, but {source} matches {len(sources)} and {target} "
            f"{len(targets)}."
        )
    return list(zip(sources, targets, strict=True))


def _check_names(source, target, sources, targets):
    """Checks that the wildcards of both patterns match the same texts in each pair of files."""
    by_parts = [
        {wildcard_parts(pattern, path): path for path in paths}
        for pattern, paths in ((source, sources), (target, targets))
    ]
    alone = by_parts[0].keys() ^ by_parts[1].keys()
    # Without any common name, the names are not compared.
    if alone and by_parts[0].keys() & by_parts[1].keys():
        parts = min(alone)
        path, other = (by_parts[0][parts], target) if parts in by_parts[0] else (by_parts[1][parts], source)
        raise InputError(f"{path}: no file of {other} has a matching name. Rename the files so that they match.")


def parallel_rows(source, target, digests=None, first=0, with_text=None):
    """Yields the sentence pairs of two files from the index `first` on, see `text_rows` and `checked_lines`."""

    def lines(path):
        return checked_lines(path, new_digest(digests, path), first, with_text)

    return paired_lines(source, target, lines, first)


def paired_lines(source, target, lines_of, first=0):
    """Yields pairs of the lines of two files.

    Args:
        source, target: the files.
        lines_of: a function that returns the lines of a file, an iterable.
        first: index of the first line of `lines_of`. Default 0.

    Raises:
        InputError: the numbers of lines differ.
    """
    counts = [first, first]
    for row in itertools.zip_longest(lines_of(source), lines_of(target)):
        counts = [count + (line is not None) for count, line in zip(counts, row, strict=True)]
        if None not in row:
            yield row
    if first:  # A file can end within the lines that were skipped.
        counts = [
            count_lines(path, most=first) if count == first else count
            for path, count in zip((source, target), counts, strict=True)
        ]
    if counts[0] != counts[1]:
        raise InputError(
            f"Source and target must have the same number of lines, but {source} has {counts[0]:d} and {target} "
            f"has {counts[1]:d}."
        )


def check_tsv_file(path: str | os.PathLike, source_column: int, target_column: int) -> int:
    """Checks a file of tab-separated columns, or a pattern of such files, as `tsv_rows` reads them.

    Returns:
        The number of pairs.

    Raises:
        InputError: a file is missing, unreadable, empty or not UTF-8, or a row has too few columns or not the number of
            columns of the first row.

    Example:

    >>> kt.data.check_tsv_file("kor.txt", source_column=2, target_column=1)
    41
    """
    return sum(1 for _ in tsv_rows(matching_files(path), source_column, target_column))
