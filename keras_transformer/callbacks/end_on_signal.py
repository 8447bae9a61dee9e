import signal
import threading

import keras

from keras_transformer.callbacks.training_state import TrainingState
from keras_transformer.processes.command_process import end_with_status_of


class EndOnSignal(keras.callbacks.Callback):
    """Saves the state of a training after the current step and ends it when SIGUSR1 arrives, such as from a scheduler.

    The end is a KeyboardInterrupt. In a joint training, send the signal to all processes. The saving process ends
    itself. The others run until the launcher stops them. Nothing changes outside of the main thread. Put this callback
    after the `TrainingState`.

    Args:
        state: the `TrainingState`.
        multiple: the training can only continue after a multiple of this number of batches. Default 1.
    """

    def __init__(self, state: TrainingState, multiple: int = 1):
        super().__init__()
        self._state = state
        self._multiple = multiple
        self._is_requested = False
        self._earlier_handler = None

    def on_train_begin(self, logs=None):
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGUSR1"):
            self._earlier_handler = signal.signal(signal.SIGUSR1, self._request)

    def on_train_end(self, logs=None):
        if self._earlier_handler is not None:
            signal.signal(signal.SIGUSR1, self._earlier_handler)
            self._earlier_handler = None

    def on_train_batch_end(self, batch, logs=None):
        # At the end of an epoch, the state is saved after the validation.
        if self._is_requested and not self.model.stop_training and self._state.first_step % self._multiple == 0:
            self._state.save()
            self._end()

    def on_epoch_end(self, epoch, logs=None):
        if self._is_requested:
            self._end()

    def _request(self, number, frame):
        self._is_requested = True

    def _end(self):
        if self._state.saves:
            self.on_train_end()
            end_with_status_of(signal.SIGUSR1)
            raise KeyboardInterrupt
