import math
import pathlib
import re

import keras
import numpy as np

from keras_transformer.callbacks.missing_log import warn_of_missing_log
from keras_transformer.errors import InputError
from keras_transformer.processes.joined_processes import alone
from keras_transformer.saving.weights_file import load_weights, save_weights

_WEIGHTS_NAME = re.compile(r"epoch_(\d+)\.weights\.h5")


class EpochCheckpoints(keras.callbacks.Callback):
    """Keeps the weights of the last epochs and of the best ones, to average them at the end.

    Epochs in the folder that are later than the one that ends are removed: they are of an earlier training.
    Every file is written under another name and then renamed, so that a kill at any moment leaves whole ones. An epoch
    that is both among the last and among the best is kept once. Which epochs were the best it knows of those of its own
    training; where that goes on in another process, `TrainingState` has to save and restore it as well.

    Args:
        folder: folder of the checkpoints; made where it is missing.
        keep: the number of last epochs whose weights are kept. Default 10.
        keep_best: the number of best epochs whose weights are kept. Default 0.
        monitor: name of the log that tells which epochs are best; those without it, or with one that is not finite, are
            not. Default "val_loss".
        mode: "min" (default) where less of it is better, "max" where more is.

    Raises:
        ValueError: an argument is out of range.

    Example:

    >>> checkpoints = EpochCheckpoints("checkpoints", keep=1, keep_best=5, monitor="val_bleu", mode="max")
    >>> model.fit(batches, epochs=20, callbacks=[TranslationScores(pairs, tokenizer), checkpoints])
    >>> checkpoints.average(model, checkpoints.best_epochs)
    """

    def __init__(self, folder, keep=10, keep_best=0, monitor="val_loss", mode="min"):
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
        # What an earlier training left of epochs that this one is yet to come to would pass for its own.
        for number in self._saved_epochs():
            if number > epoch + 1:
                self._path(number).unlink()
        # An epoch in which nothing was evaluated is none of the best, whatever it was in an earlier training.
        self._scores.pop(epoch + 1, None)
        if self.keep_best and math.isfinite(score := self._score(logs or {})):
            self._scores[epoch + 1] = score
        with alone():  # Other processes do not save.
            save_weights(self.model, self._path(epoch + 1))
        best = self.best_epochs
        self._scores = {number: self._scores[number] for number in sorted(best)}
        for number in set(self._saved_epochs()) - {*self.last_epochs, *best}:
            self._path(number).unlink()

    def on_train_end(self, logs=None):
        if self.keep_best and not self._scores:
            warn_of_missing_log(self, logs)

    @property
    def last_epochs(self):
        """The last epochs, none left out, whose weights are kept, counted from 1, in their order."""
        saved = self._saved_epochs()
        last = saved[-1:]
        while last and len(last) < self.keep and last[0] - 1 in saved:
            last.insert(0, last[0] - 1)
        return last

    @property
    def best_epochs(self):
        """The best epochs whose weights are kept, counted from 1, the best first; of equals the earlier."""
        sign = -1 if self.mode == "max" else 1
        saved = set(self._saved_epochs()) & set(self._scores)
        return sorted(saved, key=lambda number: (sign * self._scores[number], number))[: self.keep_best]

    def average(self, model, epochs=None):
        """Sets the weights of `model` to the mean over epochs.

        Args:
            model: a model of the same architecture.
            epochs: the numbers of the epochs, counted from 1. Default: `last_epochs`.

        Raises:
            InputError: there is no checkpoint, or none of one of the epochs, or a file is damaged.

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
            # Summed in float64: a mean over many checkpoints shall not depend on their order.
            totals = totals or [np.zeros(weight.shape, "float64") for weight in weights]
            totals = [total + weight for total, weight in zip(totals, weights, strict=True)]
        model.set_weights([(total / len(epochs)).astype(old.dtype) for total, old in zip(totals, weights, strict=True)])

    def _score(self, logs):
        score = np.asarray(logs.get(self.monitor, math.nan))
        if score.size != 1:
            raise ValueError(f"`monitor` must be a single number. Received: {self.monitor}, {score.size} numbers.")
        return score.item()

    def _load(self, model, number):
        wrong = "of another model, or damaged ({reason}); without it the others are averaged"
        load_weights(model, self._path(number), wrong)

    def get_state(self):
        """What a resumed training has to know, for `TrainingState`."""
        return {"monitor": self.monitor, "scores": [[number, score] for number, score in self._scores.items()]}

    def set_state(self, state):
        """Takes what `get_state` gave; scores of another monitor are forgotten."""
        same = state["monitor"] == self.monitor
        self._scores = {number: score for number, score in state["scores"]} if same else {}

    def _path(self, number):
        return self.folder / f"epoch_{number:04d}.weights.h5"

    def _saved_epochs(self):
        if not self.folder.is_dir():
            return []
        names = (_WEIGHTS_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(name[1]) for name in names if name)
