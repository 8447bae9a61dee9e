import math
import pathlib

import keras

from keras_transformer.errors import InputError


class StopOnNonFiniteLoss(keras.callbacks.Callback):
    """Stops training with an error when the loss is NaN or infinite.

    The validation loss is checked as well, because the last step of an epoch can make weights non-finite after its loss
    was computed. Put this callback before callbacks that write checkpoints. They then keep the last finite checkpoint.

    Args:
        checkpoint: path of the file from which the training can be resumed. If it exists, the message says that it is
            kept. Default None.

    Raises:
        InputError: the loss is not finite. The message has epoch and step.

    Example:

    >>> callbacks = [kt.callbacks.StopOnNonFiniteLoss()]
    >>> model.fit(batches, epochs=1, callbacks=callbacks, shuffle=False)
    """

    def __init__(self, checkpoint: str | None = None):
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
                ". The last checkpoint is kept" if self.checkpoint and pathlib.Path(self.checkpoint).is_file() else ""
            )
            raise InputError(
                f"Training stopped: the {'validation ' if name == 'val_loss' else ''}loss is {loss} in epoch "
                f"{self._epoch}, at step {int(self.model.optimizer.iterations)} in all{kept}. "
                "Lower the learning rate or raise the number of warm-up steps."
            )
