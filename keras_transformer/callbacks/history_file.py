import os
import pathlib
import warnings

import keras
import numpy as np

from keras_transformer.callbacks.history_rows import rows_before, rows_of, write_rows
from keras_transformer.moved_modules import moved_names

__getattr__ = moved_names(__name__)


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
        rows_of(self.path)

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
        write_rows(self.path, [*rows_before(self.path, epoch), row])
