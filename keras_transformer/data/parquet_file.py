"""Opens Parquet files with the optional package pyarrow."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

from keras_transformer.data.text_lines import MOST_LINE_BYTES
from keras_transformer.errors import InputError, check_installed

_MAGIC = b"PAR1"
# Names of a column of texts that is chosen among several.
_USUAL_NAMES = ("source", "text")
# Rows that are in memory together. A text can have 16 MiB.
_BATCH_ROWS = 64
# Rows that are read together if they are indices of a dictionary, which pyarrow copies for every batch.
_BATCH_INDICES = 64 * _BATCH_ROWS


def is_parquet(path: str | os.PathLike) -> bool:
    """Returns whether a file is a Parquet file, by its first bytes.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None


@contextlib.contextmanager
def opened_parquet(path: str | os.PathLike) -> Iterator[Any]:
    """Yields the `pyarrow.parquet.ParquetFile` at a path.

    Raises:
        InputError: pyarrow is not installed, or the file cannot be read or is damaged.
    """
    check_installed("pyarrow", extra="parquet")
    import pyarrow.parquet  # noqa: PLC0415 (an optional dependency)

    with arrow_errors(path):
        file = pyarrow.parquet.ParquetFile(path)
    with file:
        yield file


@contextlib.contextmanager
def arrow_errors(path: str | os.PathLike) -> Iterator[None]:
    """Raises an `InputError` with the path for errors of pyarrow."""
    import pyarrow  # noqa: PLC0415 (an optional dependency)

    try:
        yield
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: the Parquet file cannot be read ({reason}). Get the file again.") from None


def batches_with_texts(
    path: str | os.PathLike, file: Any, names: Sequence[str], columns: Sequence[str] | None = None
) -> Iterator[tuple[Any, list[list[str | None]]]]:
    """Yields the record batches of the open Parquet file at a path, with the texts of columns.

    Args:
        path: the path, for messages.
        file: the `pyarrow.parquet.ParquetFile` of `opened_parquet`.
        names: the columns of texts.
        columns: the columns of the batches. Default None: all.

    Yields:
        Pairs of a record batch of at most 64 rows, and a list of the texts for each of `names`.

    Raises:
        InputError: the file is damaged, or a text is not UTF-8 or longer than 16 MiB.
    """
    batches = _batches(file, columns)
    first = 1
    while True:
        with arrow_errors(path):
            batch = next(batches, None)
            texts = [] if batch is None else [_texts(batch.column(name)) for name in names]
        if batch is None:
            return
        for row, text in ((row, text) for column in texts for row, text in enumerate(column, start=first)):
            if _is_too_long(text):
                raise InputError(
                    f"{path}, row {row}: longer than {MOST_LINE_BYTES:,} bytes. Put one sentence in a row."
                )
        yield batch, texts
        first += len(batch)


def _batches(file, columns):
    """Yields record batches of at most 64 rows."""
    import pyarrow  # noqa: PLC0415 (an optional dependency)

    kinds = [field.type for field in file.schema_arrow if columns is None or field.name in columns]
    if not all(map(pyarrow.types.is_dictionary, kinds)):
        yield from file.iter_batches(batch_size=_BATCH_ROWS, columns=columns)
        return
    for batch in file.iter_batches(batch_size=_BATCH_INDICES, columns=columns):
        for start in range(0, len(batch), _BATCH_ROWS):
            yield batch.slice(start, _BATCH_ROWS)


def _texts(column):
    # pyarrow converts indices of a dictionary one by one.
    return (column.dictionary_decode() if hasattr(column, "dictionary_decode") else column).to_pylist()


def _is_too_long(text):
    # A character has at most four bytes.
    return text is not None and len(text) > MOST_LINE_BYTES // 4 and len(text.encode("utf-8")) > MOST_LINE_BYTES


def text_column(path: str | os.PathLike, schema: Any, name: str | None = None) -> str:
    """Returns the name of a column of texts.

    Args:
        path: the file, for messages.
        schema: its `pyarrow.Schema`.
        name: the column. Default None: "source", "text", or the only column of strings.

    Raises:
        InputError: the column is missing, occurs twice or does not have strings, or several columns have strings.
    """
    found = _text_column(path, schema, name)
    if schema.names.count(found) > 1:
        raise InputError(f"{path}: the column {found!r} occurs twice.")
    return found


def _text_column(path, schema, name):
    texts = [field.name for field in schema if _is_text(field.type)]
    if name is None:
        found = [usual for usual in _USUAL_NAMES if usual in texts] or texts
        if len(found) == 1 or set(found) == set(_USUAL_NAMES):
            return found[0]
        raise InputError(
            f"{path}: expected one column of strings, but there are {len(texts)} ({', '.join(texts)}). Set the column."
        )
    if name not in texts:
        kinds = [str(field.type) for field in schema if field.name == name]
        kind = f"is of type {kinds[0]}" if kinds else "does not exist"
        raise InputError(f"{path}: expected a column of strings, but the column {name!r} {kind}. It has: {texts}.")
    return name


def _is_text(kind):
    import pyarrow  # noqa: PLC0415 (an optional dependency)

    types = pyarrow.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return any(is_kind(kind) for is_kind in (types.is_string, types.is_large_string, types.is_string_view))
