import os
import pathlib
from collections.abc import Iterator
from typing import Any

from keras_transformer.data.parquet_file import batches_with_texts, opened_parquet, text_column
from keras_transformer.data.text_lines import report_text
from keras_transformer.errors import InputError
from keras_transformer.text.blank import is_blank

_HASHED_BYTES = 1 << 20


def is_parquet_name(path: str | os.PathLike) -> bool:
    """Returns whether a path has the ending of Parquet files. A pipe could be read only once to look at its content."""
    return pathlib.Path(path).suffix == ".parquet"


def parquet_rows(
    path: str | os.PathLike, source_column: int, target_column: int, digest: Any = None, with_text: set | None = None
) -> Iterator[tuple[str, str]]:
    """Yields the sentence pairs of a Parquet file, 64 rows at a time.

    Args:
        path: the file.
        source_column, target_column: numbers of the columns of source and target, counted from 1.
        digest: a hash object of `hashlib` that gets the bytes of the file. Default None.
        with_text: see `checked_lines`. Default None.

    Yields:
        `(source, target)` strings. A null is an empty text. Line ends within a text are spaces.

    Raises:
        InputError: pyarrow is not installed, the file is missing, damaged or has no text, a text is longer than 16 MiB,
            or a column is missing or does not have strings.
    """
    if digest is not None:
        _hash(path, digest)
    blank = True
    with opened_parquet(path) as file:
        schema = file.schema_arrow
        columns = [_column(path, schema, number) for number in (source_column, target_column)]
        for _, sides in batches_with_texts(path, file, columns, columns):
            for row in zip(*sides, strict=True):
                source, target = (_one_line(text) for text in row)
                blank = blank and is_blank(source) and is_blank(target)
                yield source, target
    report_text(path, not blank, with_text)


def _column(path, schema, number):
    if number > len(schema.names):
        raise InputError(f"{path}: expected at least {number} columns, but there are {len(schema.names)}.")
    return text_column(path, schema, schema.names[number - 1])


def _one_line(text):
    return "" if text is None else text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")


def _hash(path, digest):
    try:
        with open(path, "rb") as file:
            while part := file.read(_HASHED_BYTES):
                digest.update(part)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
