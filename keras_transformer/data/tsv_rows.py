import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

from keras_transformer.data.parquet_rows import is_parquet_name, parquet_rows
from keras_transformer.data.text_lines import check_some_text, checked_lines
from keras_transformer.errors import InputError
from keras_transformer.text.blank import is_blank


def tsv_rows(
    paths: Sequence[str | os.PathLike], source_column: int, target_column: int, digests: Any = None
) -> Iterator[tuple[str, str]]:
    """Yields the sentence pairs of files of tab-separated columns, or of Parquet files (`.parquet`).

    All rows must have the number of columns of the first row, because a tab within a text shifts the next columns. A
    row that is only white space is a pair of empty texts, with any number of columns. Empty lines are skipped. Quotes
    have no special meaning.

    Args:
        paths: the files, such as the `matching_files` of a pattern.
        source_column, target_column: columns of source and target, counted from 1.
        digests: a dictionary to which a SHA-256 hash object is added for each path. Default None.

    Yields:
        `(source, target)` strings. An empty column is an empty text.

    Raises:
        InputError: a column is below 1, an error of `checked_lines` or `parquet_rows`, no file has text, or a row has
            too few columns or not the number of the first row.

    Example:

    >>> rows = list(kt.data.tsv_rows(kt.data.matching_files("kor.txt"), source_column=2, target_column=1))
    >>> rows[0]
    ('나는 어제 카페에 갔다.', 'I went to the cafe yesterday.')
    """
    for name, column in (("source_column", source_column), ("target_column", target_column)):
        if column < 1:
            raise InputError(f"`{name}` must be at least 1, the first column. Received: {name}={column}.")
    needed = max(source_column, target_column)
    expected, first = None, None
    with_text = set() if len(paths) > 1 else None
    for path in paths:
        if is_parquet_name(path):
            yield from parquet_rows(path, source_column, target_column, new_digest(digests, path), with_text)
            continue
        lines = checked_lines(path, new_digest(digests, path), with_text=with_text)
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            if is_blank(line):
                yield "", ""
                continue
            columns = line.split("\t")
            if expected is None:
                _check_needed(columns, needed, f"{path}, line {number}")
                expected, first = len(columns), f"line {number} of {path.name}"
            check_same_columns(columns, expected, first, f"{path}, line {number}")
            yield columns[source_column - 1], columns[target_column - 1]
    if with_text is not None:
        check_some_text(paths, with_text)


def new_digest(digests, path):
    """Returns a new SHA-256 hash object and stores it for the path, or returns None without `digests`."""
    if digests is None:
        return None
    # A new object for each reading: a file can be read as source and as target.
    digests[path] = hashlib.sha256()
    return digests[path]


def check_same_columns(columns, expected, first, where):
    """Raises an `InputError` if a row does not have the number of columns of the first row, `expected`."""
    if len(columns) != expected:
        raise InputError(
            f"{where}: expected {expected} tab-separated columns, as in {first}, but there {_counted(columns)}. One of "
            "the two has a tab within a text. Replace it by a space."
        )


def _check_needed(columns, needed, where):
    if len(columns) < needed:
        raise InputError(f"{where}: expected at least {needed} tab-separated columns, but there {_counted(columns)}.")


def _counted(columns):
    return "is 1" if len(columns) == 1 else f"are {len(columns)}"
