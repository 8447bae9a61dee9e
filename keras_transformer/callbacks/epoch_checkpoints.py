import os
import pathlib
import re

import keras
import numpy as np

from keras_transformer.errors import InputError

_WEIGHTS_NAME = re.compile(r"epoch_(\d+)\.weights\.h5")
_STATE_NAME = re.compile(r"epoch_(\d+)\.keras")


class EpochCheckpoints(keras.callbacks.Callback):
    """Writes a checkpoint after each epoch: the weights of the last few, and all that training needs to go on.

    Every file is written under another name and then renamed, so that a kill at any moment leaves the last one whole.

    Args:
        folder: folder of the checkpoints; made where it is missing.
        keep: the number of epochs whose weights are kept. Default 10.

    Example:

    >>> checkpoints = EpochCheckpoints("checkpoints", keep=5)
    >>> model.fit(batches, epochs=20, callbacks=[checkpoints])
    >>> checkpoints.average(model)
    """

    def __init__(self, folder, keep=10):
        super().__init__()
        if keep < 1:
            raise ValueError(f"`keep` must be at least 1. Received: keep={keep}.")
        self.folder = pathlib.Path(folder)
        self.keep = keep

    def on_epoch_end(self, epoch, logs=None):
        self.folder.mkdir(parents=True, exist_ok=True)
        # The state goes last: an epoch counts as done once its state is there.
        self._write(f"epoch_{epoch + 1:04d}.weights.h5", self.model.save_weights)
        self._write(f"epoch_{epoch + 1:04d}.keras", self.model.save)
        for path in self._files(_WEIGHTS_NAME)[: -self.keep] + self._files(_STATE_NAME)[:-1]:
            path.unlink()

    def _write(self, name, save):
        unfinished = self.folder / f"unfinished_{name}"
        save(unfinished)
        os.replace(unfinished, self.folder / name)

    def _files(self, name):
        """The files of the kept epochs whose name matches, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if name.fullmatch(path.name))

    def restore(self):
        """The compiled model as it was after the last whole epoch, and the number of epochs done.

        Returns:
            A pair `(model, epochs)`; `(None, 0)` where there is no checkpoint.
        """
        states = self._files(_STATE_NAME)
        if not states:
            return None, 0
        return keras.models.load_model(states[-1]), int(_STATE_NAME.fullmatch(states[-1].name)[1])

    def average(self, model, last=None):
        """Sets the weights of `model` to the mean over the last epochs.

        Args:
            model: a model of the same architecture.
            last: the number of epochs. Default: all that are kept.

        Raises:
            InputError: there is no checkpoint.

        Reference:
            "Attention Is All You Need", section 6.1, averages the last checkpoints.
        """
        paths = self._files(_WEIGHTS_NAME)[-(last or self.keep) :]
        if not paths:
            raise InputError(f"{self.folder}: there is no checkpoint to average.")
        totals = None
        for path in paths:
            model.load_weights(path)
            weights = model.get_weights()
            # Summed in float64: a mean over many checkpoints shall not depend on their order.
            totals = totals or [np.zeros(weight.shape, "float64") for weight in weights]
            totals = [total + weight for total, weight in zip(totals, weights, strict=True)]
        model.set_weights([(total / len(paths)).astype("float32") for total in totals])
