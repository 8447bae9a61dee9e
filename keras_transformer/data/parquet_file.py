"""Opens Parquet files with the optional package pyarrow."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from keras_transformer.errors import InputError, check_installed

_MAGIC = b"PAR1"
# Names of a column of texts that is chosen among several.
_USUAL_NAMES = ("source", "text")


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


def record_batches(path: str | os.PathLike, file: Any, **options: Any) -> Iterator[Any]:
    """Yields the record batches of the open Parquet file at a path.

    Args:
        path: the path, for messages.
        file: the `pyarrow.parquet.ParquetFile` of `opened_parquet`.
        **options: arguments of its `iter_batches`.

    Raises:
        InputError: the file is damaged.
    """
    batches = file.iter_batches(**options)
    while True:
        with arrow_errors(path):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def text_column(path: str | os.PathLike, schema: Any, name: str | None = None) -> str:
    """Returns the name of a column of texts.

    Args:
        path: the file, for messages.
        schema: its `pyarrow.Schema`.
        name: the column. Default None: "source", "text", or the only column of strings.

    Raises:
        InputError: the column is missing or does not have strings, or several columns have strings.
    """
    texts = [field.name for field in schema if _is_text(field.type)]
    if name is None:
        found = [usual for usual in _USUAL_NAMES if usual in texts] or texts
        if len(found) == 1 or set(found) == set(_USUAL_NAMES):
            return found[0]
        raise InputError(
            f"{path}: expected one column of strings, but there are {len(texts)} ({', '.join(texts)}). Set the column."
        )
    if name not in texts:
        kind = f"is of type {schema.field(name).type}" if name in schema.names else "does not exist"
        raise InputError(f"{path}: expected a column of strings, but the column {name!r} {kind}. It has: {texts}.")
    return name


def _is_text(kind):
    import pyarrow  # noqa: PLC0415 (an optional dependency)

    if pyarrow.types.is_dictionary(kind):
        kind = kind.value_type
    return pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)
