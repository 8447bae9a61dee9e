import csv
import io
import os
import pathlib
import warnings

import keras
import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.files.whole_files import write_text

HISTORY_NAME = "history.csv"
_MOST_EPOCHS = 2**31
# Maximum number of cells: rows times columns.
_MOST_CELLS = 1_000_000


class HistoryFile(keras.callbacks.Callback):
    """Writes the logs of every epoch to a CSV file, one row per epoch, counted from 0.

    Keras's `CSVLogger` does not replace rows and has fixed columns. This callback replaces the row of an epoch that is
    trained again, as in a resumed training, and adds columns for logs that only some epochs have, such as `val_bleu`.
    A log of several numbers becomes several columns, such as `f1_score_0` and `f1_score_1` for `F1Score` with one
    number per class. Logs that are not numbers are dropped with a warning.

    Args:
        path: path of the file. Rows of future epochs are removed, all others are kept.

    Raises:
        InputError: the path is a folder, or the file is not a history. It is raised when training begins.

    Example:

    >>> callbacks = [kt.callbacks.LearningRate(), kt.callbacks.HistoryFile("history.csv")]
    >>> model.fit(batches, epochs=3, callbacks=callbacks, shuffle=False)
    >>> list(kt.callbacks.read_history("history.csv"))
    ['epoch', 'loss', 'learning_rate']
    """

    def __init__(self, path: str | os.PathLike):
        super().__init__()
        self.path = pathlib.Path(path)

    def on_train_begin(self, logs=None):
        _rows(self.path)

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch}
        for name, value in (logs or {}).items():
            numbers = np.asarray(value)
            if numbers.dtype.kind not in "biuf":
                # None if the epoch does not have this number.
                if value is not None:
                    warnings.warn(f"The log {name!r} is not a number. It is not written to {self.path}.", stacklevel=2)
                continue
            if numbers.dtype.kind == "b":
                numbers = numbers.astype("int32")
            if numbers.ndim:
                row |= {f"{name}_{index}": number for index, number in enumerate(numbers.ravel())}
            else:
                row[name] = numbers[()]
        _write_rows(self.path, [*_rows_before(self.path, epoch), row])


def last_scores(path):
    """Returns the last row of a training history.

    Args:
        path: the file of a `HistoryFile`.

    Returns:
        A dictionary from column to number. It is empty if the file is missing, as for a model without a recipe.

    Raises:
        InputError: the file is not a history.
    """
    rows = _rows(path)
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def read_history(path: str | os.PathLike) -> dict[str, list[float | None]]:
    """Reads a training history by column.

    Args:
        path: the file of a `HistoryFile`.

    Returns:
        A dictionary of lists with one number per epoch, None for a missing number.

    Raises:
        InputError: the file is missing or is not a history.
    """
    if not pathlib.Path(path).is_file():
        raise InputError(f"{path}: the training history is missing. `keras-transformer train` writes it.")
    rows = _rows(path)
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in (rows[0] if rows else {})}


def drop_epochs(path, first):
    """Removes the rows of the epochs from `first` on, counted from 0. They will be trained again."""
    if _rows(path):
        _write_rows(path, _rows_before(path, first))


def _rows(path):
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


def _rows_before(path, epoch):
    return [row for row in _rows(path) if int(row["epoch"]) < epoch]


def _write_rows(path, rows):
    """Writes rows with any columns. Columns that a row does not have are empty."""
    columns = list(dict.fromkeys(["epoch", *(name for row in rows for name in row)]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
