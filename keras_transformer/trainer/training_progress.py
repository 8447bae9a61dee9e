import time

import keras

# Seconds between two lines of progress if no bar can be shown.
_SECONDS = 30


class TrainingProgress(keras.callbacks.ProgbarLogger):
    """Keras's progress bar with the actual number of steps of an epoch. It prints lines if it cannot update a bar.

    Keras prints the last line of every epoch as complete, also if training stops within it, and begins a resumed epoch
    at 0.

    Args:
        state: the `TrainingState`, which has the first step of an epoch.
    """

    def __init__(self, state):
        super().__init__()
        self._state = state

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        self._first = self.seen = self._state.step
        self._shown = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self.seen = self._first + batch + 1
        if self.verbose == 1:
            self._show(logs, is_last=False)
        elif self.verbose == 2 and time.monotonic() - self._shown >= _SECONDS and self.seen < self.target:
            self._show(logs, is_last=True)  # The last line of the bar, not of the epoch.
            self._shown = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self._show(logs, is_last=True)

    def _show(self, logs, is_last):
        self.progbar.update(self.seen, list((logs or {}).items()), finalize=is_last)
