import math
import os
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_transformer.callbacks.missing_log import warn_of_missing_log
from keras_transformer.errors import InputError
from keras_transformer.models.dtype_policy import without_lora
from keras_transformer.processes.joined_processes import alone
from keras_transformer.saving.weights_file import load_weights, save_weights

_WEIGHTS_NAME = re.compile(r"epoch_(\d+)\.weights\.h5")


class EpochCheckpoints(keras.callbacks.Callback):
    """Keeps the weights of the last epochs and of the best epochs, to average them at the end.

    At the end of an epoch, later epochs in the folder are removed, because they are from an earlier training. Every
    file is written under another name and then renamed, so a kill at any moment leaves complete files. An epoch that is
    both among the last and among the best is kept once. A best epoch that the last epoch displaces is kept until the
    next epoch ends. The ranking covers the epochs of the current training.
    `TrainingState` saves and restores it for a training that continues in another process.

    Args:
        folder: folder of the checkpoints. It is created if it is missing.
        keep: number of last epochs whose weights are kept. Default 10.
        keep_best: number of best epochs whose weights are kept. Default 0.
        monitor: name of the log that ranks epochs. Epochs without a finite value are not ranked. Default "val_loss".
        mode: "min" (default) if lower values are better, "max" if higher values are better.

    Raises:
        ValueError: an argument is out of range.

    Example:

    >>> checkpoints = kt.callbacks.EpochCheckpoints("checkpoints", keep=1, keep_best=2, monitor="val_loss")
    >>> model.fit(batches, validation_data=validation_batches, epochs=4, callbacks=[checkpoints], shuffle=False)
    >>> checkpoints.average(model, checkpoints.best_epochs)
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        keep: int = 10,
        keep_best: int = 0,
        monitor: str = "val_loss",
        mode: str = "min",
    ):
        super().__init__()
        if keep < 1:
            raise ValueError(f"`keep` must be at least 1. Received: keep={keep}.")
        if keep_best < 0:
            raise ValueError(f"`keep_best` must not be negative. Received: keep_best={keep_best}.")
        if mode not in ("min", "max"):
            raise ValueError(f"`mode` must be min or max. Received: mode={mode!r}.")
        self.folder = pathlib.Path(folder)
        self.keep = keep
        self.keep_best = keep_best
        self.monitor = monitor
        self.mode = mode
        self._scores = {}

    def on_epoch_end(self, epoch, logs=None):
        # Files of later epochs from an earlier training would be mistaken for this training's.
        for number in self._saved_epochs():
            if number > epoch + 1:
                self._path(number).unlink()
        # Kept for one more epoch: if this epoch is incomplete, a resumed training trains and ranks it again.
        best_before = set(self.best_epochs) - {epoch + 1}
        # An epoch without an evaluation is not ranked, even if it had a rank in an earlier training.
        self._scores.pop(epoch + 1, None)
        # Also without `keep_best`, because a resumed training can have it.
        if math.isfinite(score := self._score(logs or {})):
            self._scores[epoch + 1] = score
        with alone():  # Other processes do not save.
            # Keras would add low-rank updates to kernels in the precision of the computation.
            save_weights(without_lora(self.model), self._path(epoch + 1))
        kept = {*self.last_epochs, *self.best_epochs, *best_before}
        self._scores = {number: score for number, score in sorted(self._scores.items()) if number in kept}
        for number in set(self._saved_epochs()) - kept:
            self._path(number).unlink()

    def on_train_end(self, logs=None):
        if self.keep_best and not self._scores:
            warn_of_missing_log(self, logs)

    @property
    def last_epochs(self) -> list[int]:
        """The successive last epochs whose weights are kept, counted from 1, in ascending order."""
        saved = self._saved_epochs()
        last = saved[-1:]
        while last and len(last) < self.keep and last[0] - 1 in saved:
            last.insert(0, last[0] - 1)
        return last

    @property
    def best_epochs(self) -> list[int]:
        """The best epochs whose weights are kept, counted from 1, best first. The earlier of equal epochs is better."""
        sign = -1 if self.mode == "max" else 1
        saved = set(self._saved_epochs()) & set(self._scores)
        return sorted(saved, key=lambda number: (sign * self._scores[number], number))[: self.keep_best]

    def average(self, model: keras.Model, epochs: Sequence[int] | None = None) -> None:
        """Sets the weights of `model` to the mean over several epochs.

        Args:
            model: a model of the same architecture.
            epochs: numbers of the epochs, counted from 1. Default: `last_epochs`.

        Raises:
            InputError: there is no checkpoint, the checkpoint of an epoch is missing, or a file is damaged.

        Reference:
            "Attention Is All You Need", section 6.1, averages the last checkpoints.
        """
        epochs = self.last_epochs if epochs is None else epochs
        saved = self._saved_epochs()
        missing = [number for number in epochs if number not in saved]
        if missing or not epochs:
            what = f"checkpoint of epoch {missing[0]}" if missing else "checkpoint"
            raise InputError(f"{self.folder}: there is no {what} to average.")
        totals = None
        for number in epochs:
            self._load(model, number)
            weights = model.get_weights()
            # Summed in float64, so that the mean does not depend on the order of the checkpoints.
            # Not from 0, which would change the sign of a frozen -0.0.
            totals = (
                [weight.astype("float64") for weight in weights]
                if totals is None
                else list(map(np.add, totals, weights))
            )
        model.set_weights([(total / len(epochs)).astype(old.dtype) for total, old in zip(totals, weights, strict=True)])

    def _score(self, logs):
        score = np.asarray(logs.get(self.monitor, math.nan))
        if score.size == 1:
            return score.item()
        if self.keep_best:
            raise ValueError(f"`monitor` must be a single number. Received: {self.monitor}, {score.size} numbers.")
        return math.nan

    def _load(self, model, number):
        wrong = "of another model, or damaged ({reason}); remove it to average the other checkpoints"
        load_weights(model, self._path(number), wrong)

    def get_state(self) -> dict[str, Any]:
        """Returns the state that a resumed training needs, for `TrainingState`."""
        return {"monitor": self.monitor, "scores": [[number, score] for number, score in self._scores.items()]}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores the value of `get_state`. Scores of another monitor are dropped."""
        same = state["monitor"] == self.monitor
        self._scores = {number: score for number, score in state["scores"]} if same else {}

    def _path(self, number):
        return self.folder / f"epoch_{number:04d}.weights.h5"

    def _saved_epochs(self):
        if not self.folder.is_dir():
            return []
        names = (_WEIGHTS_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(name[1]) for name in names if name)
