import math

import keras

from keras_transformer.errors import InputError


class StopOnNonFiniteLoss(keras.callbacks.Callback):
    """Stops training with an error as soon as the loss is not a number or infinite.

    It raises before the epoch ends, so that no checkpoint is written with spoilt weights and the last good one stays.

    Raises:
        InputError: the loss is not finite; the message names epoch and step.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise InputError(
                f"Training stopped: the loss is {loss} at step {batch + 1} of epoch {self._epoch} (step "
                f"{int(self.model.optimizer.iterations)} in all); the last checkpoint is kept. Lower the learning "
                "rate or warm up for longer."
            )
