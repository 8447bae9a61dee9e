import math
import pathlib

import keras

from keras_transformer.errors import InputError


class StopOnNonFiniteLoss(keras.callbacks.Callback):
    """Stops training with an error as soon as the loss is not a number or infinite.

    The validation loss is looked at as well, because the last step of an epoch can spoil the weights after its loss was
    computed. Put before a callback that writes checkpoints, it keeps the last good one from being replaced.

    Args:
        checkpoint: path of the file that the training can go on from; the message says that it is kept, where it is
            there. Default None.

    Raises:
        InputError: the loss is not finite; the message names epoch and step.
    """

    def __init__(self, checkpoint=None):
        super().__init__()
        self.checkpoint = checkpoint

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        self._check("loss", logs)

    def on_epoch_end(self, epoch, logs=None):
        self._check("val_loss", logs)

    def _check(self, name, logs):
        loss = (logs or {}).get(name, 0.0)
        if not math.isfinite(loss):
            kept = (
                "; the last checkpoint is kept" if self.checkpoint and pathlib.Path(self.checkpoint).is_file() else ""
            )
            raise InputError(
                f"Training stopped: the {'validation ' if name == 'val_loss' else ''}loss is {loss} in epoch "
                f"{self._epoch}, at step {int(self.model.optimizer.iterations)} in all{kept}. "
                "Lower the learning rate or warm up for longer."
            )
