import time

import keras

# Between two lines of progress where no bar can be shown.
_SECONDS = 30


class TrainingProgress(keras.callbacks.ProgbarLogger):
    """Keras's progress bar, which counts the steps that an epoch really had, and shows some lines where it cannot move.

    Keras prints the last line of every epoch as if it were whole, also where training stops within it, and begins an
    epoch that was resumed at 0.

    Args:
        state: the `TrainingState`, which knows where an epoch begins.
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
            self._show(logs, is_last=True)  # Of the bar that it prints, not of the epoch.
            self._shown = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self._show(logs, is_last=True)

    def _show(self, logs, is_last):
        self.progbar.update(self.seen, list((logs or {}).items()), finalize=is_last)
