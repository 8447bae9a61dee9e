import csv
import io
import pathlib
import warnings

import keras
import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.files.whole_files import write_text

HISTORY_NAME = "history.csv"
_MOST_EPOCHS = 2**31


class HistoryFile(keras.callbacks.Callback):
    """Writes the logs of every epoch into a CSV file, a row for each epoch, counted from 0.

    Unlike Keras's `CSVLogger` it takes a row for the same epoch as new, as a resumed training needs it, and logs that
    only some epochs have, such as `val_bleu`, as columns of their own. A log of several numbers, as `F1Score` has one
    for each class, becomes as many columns: `f1_score_0`, `f1_score_1` and so on. What is no number is left out, with a
    warning.

    Args:
        path: path of the file. Rows of epochs that are yet to come are removed, all others are kept.

    Raises:
        InputError: the path is a folder, or the file is there and is no history (when training begins).

    Example:

    >>> callbacks = [TranslationScores(pairs, tokenizer, every=5), LearningRate(), HistoryFile("history.csv")]
    >>> model.fit(batches, epochs=20, callbacks=callbacks)
    """

    def __init__(self, path):
        super().__init__()
        self.path = pathlib.Path(path)

    def on_train_begin(self, logs=None):
        _rows(self.path)

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch}
        for name, value in (logs or {}).items():
            numbers = np.asarray(value)
            if numbers.dtype.kind not in "biuf":
                # None is a number that this epoch does not have.
                if value is not None:
                    warnings.warn(f"The log {name!r} is no number and is left out of {self.path}.", stacklevel=2)
                continue
            if numbers.dtype.kind == "b":
                numbers = numbers.astype("int32")
            if numbers.ndim:
                row |= {f"{name}_{index}": number for index, number in enumerate(numbers.ravel())}
            else:
                row[name] = numbers[()]
        _write_rows(self.path, [*_rows_before(self.path, epoch), row])


def last_scores(path):
    """The last row of a training history.

    Args:
        path: the file of a `HistoryFile`.

    Returns:
        A dictionary from column to number; empty where there is no such file, as beside a model that no recipe trained.

    Raises:
        InputError: the file is no history.
    """
    rows = _rows(path)
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def read_history(path):
    """A training history by column.

    Args:
        path: the file of a `HistoryFile`.

    Returns:
        A dictionary of lists of numbers, one an epoch, None where there is none.

    Raises:
        InputError: there is no such file, or it is no history.
    """
    if not pathlib.Path(path).is_file():
        raise InputError(f"{path}: there is no history of a training; it is written by `keras-transformer train`.")
    rows = _rows(path)
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in (rows[0] if rows else {})}


def drop_epochs(path, first):
    """Removes the rows of the epochs from `first`, counted from 0, onwards: those that will be trained again."""
    if _rows(path):
        _write_rows(path, _rows_before(path, first))


def _rows(path):
    """The rows as they are written, once they have been found to hold numbers; none where there is no file."""
    path = pathlib.Path(path)
    if path.is_dir():
        raise InputError(f"{path}: expected the file of a training's history, but it is a folder.")
    if not path.exists():
        return []
    content = read_small_file(path)
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
            f"{path}: not the history of a training, which has a column `epoch` and numbers alone; move it away."
        ) from None
    return rows


def _rows_before(path, epoch):
    return [row for row in _rows(path) if int(row["epoch"]) < epoch]


def _write_rows(path, rows):
    """Writes rows of whatever columns; a column that a row does not have is empty there."""
    columns = list(dict.fromkeys(["epoch", *(name for row in rows for name in row)]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
