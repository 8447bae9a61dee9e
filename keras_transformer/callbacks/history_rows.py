"""Reads and writes the file of a training history, one row per epoch, counted from 0."""

import csv
import io
import os
import pathlib

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.files.whole_files import write_text

HISTORY_NAME = "history.csv"
_MOST_EPOCHS = 2**31
# Maximum number of cells: rows times columns.
_MOST_CELLS = 1_000_000


def last_scores(path):
    """Returns the last row of a training history.

    Args:
        path: the file of a `HistoryFile`.

    Returns:
        A dictionary from column to number. It is empty if the file is missing, as for a model without a recipe.

    Raises:
        InputError: the file is not a history.
    """
    rows = rows_of(path)
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def read_history(path: str | os.PathLike) -> dict[str, list[float | None]]:
    """Reads a training history by column.

    Args:
        path: the file of a `HistoryFile`.

    Returns:
        A dictionary of lists with one number per epoch, None for a missing number.

    Raises:
        InputError: the file is missing or is not a history.

    Example:

    >>> model.fit(batches, epochs=2, shuffle=False, callbacks=[kt.callbacks.HistoryFile("history.csv")])
    >>> kt.callbacks.read_history("history.csv")["epoch"]
    [0.0, 1.0]
    """
    if not pathlib.Path(path).is_file():
        raise InputError(f"{path}: the training history is missing. `keras-transformer train` writes it.")
    rows = rows_of(path)
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in (rows[0] if rows else {})}


def drop_epochs(path, first):
    """Removes the rows of the epochs from `first` on, counted from 0. They will be trained again."""
    if rows_of(path):
        write_rows(path, rows_before(path, first))


def rows_of(path):
    """Returns the rows as text after checking that they contain numbers, or no rows if the file is missing."""
    path = pathlib.Path(path)
    if path.is_dir():
        raise InputError(f"{path}: expected the file of a training history, but it is a folder.")
    if not path.exists():
        return []
    content = read_small_file(path)
    header, *_ = content.split(b"\n", 1)
    if content.count(b"\n") * (header.count(b",") + 1) > _MOST_CELLS:
        raise InputError(f"{path}: expected a training history of at most {_MOST_CELLS:,} cells, but it has more.")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
        rows = list(reader)
        if reader.fieldnames and "epoch" not in reader.fieldnames:
            raise KeyError
        for row in rows:
            if not 0 <= int(row["epoch"]) < _MOST_EPOCHS:
                raise ValueError
            for value in filter(None, row.values()):
                float(value)
    except (ValueError, KeyError, TypeError, csv.Error):
        raise InputError(
            f"{path}: not a training history, which has a column `epoch` and only numbers. Move the file away."
        ) from None
    return rows


def rows_before(path, epoch):
    return [row for row in rows_of(path) if int(row["epoch"]) < epoch]


def write_rows(path, rows):
    """Writes rows with any columns. Columns that a row does not have are empty."""
    columns = list(dict.fromkeys(["epoch", *(name for row in rows for name in row)]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
