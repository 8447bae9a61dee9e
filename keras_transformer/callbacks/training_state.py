import contextlib
import copy
import json
import pathlib
import warnings
import zipfile
import zlib

import keras
import numpy as np
from keras import ops

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import write_whole

_POSITION = "position"
# Of the files: metrics and what other callbacks remember are the rest.
_MOST_BYTES_OF_NUMBER, _MOST_OTHER_BYTES = 8, 64 * 2**20
# What `stop_training` is set to in order to end an epoch and go on: true, and not what other callbacks set it to.
_END_OF_EPOCH = "end of epoch"


class TrainingState(keras.callbacks.Callback):
    """Saves all that a training needs to go on as if it had never been interrupted, to the bit.

    That is every variable of the model (weights, seeds of dropout, sums of metrics) and of the optimizer, how
    far the training has come, and what other callbacks remember. It is saved after each epoch and, with `save_every`,
    within one. The file is written under another name and renamed, so that a kill at any moment leaves the last one
    whole.

    It needs batches that can begin anywhere: an endless stream such as `token_batches(..., first_step=...)`, of which
    `fit` is told the `steps_per_epoch`. It comes last among the callbacks. While a weight is not finite nothing is
    saved, because from there no training can go on.

    Args:
        path: path of the file.
        steps_per_epoch: batches of an epoch, as `fit` gets them.
        save_every: batches from one save within an epoch to the next. Default None, none within an epoch.
        saves: whether this process writes the file; of several that train together, one does. Default True.
        callbacks: callbacks with `get_state()`, a value that JSON can hold, and `set_state(state)`, which are saved and
            restored as well, one of each class. Default: none.

    Raises:
        ValueError: an argument is out of range; or, by `fit`, the model is compiled with `steps_per_execution`, `fit`
            has another `steps_per_epoch`, or the batches end before an epoch does.

    Example:

    >>> state = TrainingState("state.npz", steps_per_epoch=1000, save_every=200)
    >>> state.restore(model)  # A fresh model, compiled as ever; nothing happens where there is no file.
    >>> batches = token_batches(pairs, tokenizer, shuffle=True, steps_per_epoch=1000, first_step=state.first_step)
    >>> model.fit(batches, steps_per_epoch=1000, initial_epoch=state.epoch, epochs=20, callbacks=[state])
    """

    def __init__(self, path, steps_per_epoch, save_every=None, saves=True, callbacks=()):
        super().__init__()
        for name, number in [("steps_per_epoch", steps_per_epoch), ("save_every", save_every)]:
            if number is not None and number < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={number}.")
        names = [type(callback).__name__ for callback in callbacks]
        if len(set(names)) < len(names):
            raise ValueError(f"`callbacks` must be one of each class. Received: {', '.join(names)}.")
        for callback in callbacks:
            if not (hasattr(callback, "get_state") and hasattr(callback, "set_state")):
                raise ValueError(f"`callbacks` must have get_state() and set_state(). Received: {callback}.")
        self.path = pathlib.Path(path)
        self.steps_per_epoch = steps_per_epoch
        self.save_every = save_every
        self.saves = saves
        self.callbacks = list(callbacks)
        # Epochs that are whole, and batches of the one that is not.
        self.epoch = self.step = 0
        self._callback_states = {}
        # Of a training that ended before its last epoch was whole, the callbacks as they were at the very end.
        self._last_callback_states = {}
        # What the metrics had counted: of an epoch that was interrupted, and of one that ends before it is whole.
        self._earlier_metrics, self._metrics = [], []
        self._is_restored = False
        # Of an epoch that ends before it is whole, the callbacks as they were before they took it for a whole one.
        self._states_of_part = None

    @property
    def first_step(self):
        """Batches trained on so far, all epochs together."""
        return self.epoch * self.steps_per_epoch + self.step

    @property
    def saved_position(self):
        """How far the training of the file has come: a dictionary with `epoch`, `step` and what else was noted."""
        with self._opened() as file:
            return json.loads(file[_POSITION].tobytes())

    @contextlib.contextmanager
    def _opened(self):
        try:
            with np.load(self.path) as file:
                yield file
        except (ValueError, KeyError, TypeError, EOFError, RecursionError, zipfile.BadZipFile, zlib.error):
            raise InputError(f"{self.path}: not the state of a training, or damaged; begin it anew.") from None

    def _check_size(self, variables):
        """Raises an InputError where the file would take far more memory than the variables, before any is taken."""
        numbers = sum(int(np.prod(variable.shape)) for variable in variables.values())
        most = _MOST_BYTES_OF_NUMBER * numbers + _MOST_OTHER_BYTES
        with self._opened() as file:
            size = sum(entry.file_size for entry in file.zip.infolist())
        if size > most:
            raise InputError(f"{self.path}: the state is of another model or another optimizer.")

    def restore(self, model):
        """Gives a compiled model the variables of the file, and `epoch` and `first_step` their values.

        Without it, the next `fit` begins with a whole epoch.

        Returns:
            Whether there was a file.

        Raises:
            InputError: the file is of another model or another training.
            ValueError: the model has no weights yet, or no optimizer.
        """
        if not self.path.is_file():
            return False
        if not model.built:
            raise ValueError("`model` must have its weights already: call it on a batch before `restore`.")
        if getattr(model, "optimizer", None) is None:
            raise ValueError("`model` must be compiled before `restore`, with the optimizer that the training has.")
        model.optimizer.build(model.trainable_variables)
        variables = _variables(model)
        self._check_size(variables)
        position = self.saved_position
        backend = position.get("backend", keras.backend.backend())
        if backend != keras.backend.backend():
            raise InputError(
                f"{self.path}: the state is of a training with Keras on {backend}, but now it runs on "
                f"{keras.backend.backend()}; go on with KERAS_BACKEND={backend}."
            )
        with self._opened() as file:
            arrays = {name: file[name] for name in file.files if name != _POSITION}
        metrics = [arrays.pop(name) for name in sorted(arrays) if name.startswith("metric_")]
        shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
        if {name: array.shape for name, array in arrays.items()} != shapes:
            raise InputError(f"{self.path}: the state is of another model or another optimizer.")
        if position["steps_per_epoch"] != self.steps_per_epoch:
            raise InputError(
                f"{self.path}: the state is of epochs of {position['steps_per_epoch']} batches, but now they have "
                f"{self.steps_per_epoch}."
            )
        for name, variable in variables.items():
            variable.assign(_in_precision_of(variable, arrays[name]))
        self.epoch, self.step = position["epoch"], position["step"]
        self._earlier_metrics = metrics
        self._callback_states = position["callbacks"]
        self._last_callback_states = position.get("last_callbacks", {})
        self._is_restored = True
        self._set_callback_states(self._callback_states)
        return True

    def end(self):
        """For a restored training that will not go on: the callbacks get what they remembered at its very end.

        `restore` gives them what they remembered before its last epoch ended, if that was not whole, because more steps
        would make it whole.
        """
        self._set_callback_states(self._last_callback_states)

    def on_train_begin(self, logs=None):
        if self.model.steps_per_execution != 1:
            raise ValueError(
                "`TrainingState` counts steps one by one; compile the model with steps_per_execution=1. "
                f"Received: steps_per_execution={self.model.steps_per_execution}."
            )
        steps = self.params.get("steps")
        if steps not in (None, self.steps_per_epoch):
            raise ValueError(
                "`TrainingState` must have the steps_per_epoch of `fit`. "
                f"Received: steps_per_epoch={self.steps_per_epoch}, of `fit` {steps}."
            )
        if not self._is_restored:
            self.step = 0
        self._is_restored = False
        # Again, because callbacks forget when training begins.
        self._set_callback_states(self._callback_states)
        self._callback_states = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        if not self.step:
            self._earlier_metrics = []

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if self._earlier_metrics:
            # After a batch, because Keras makes the variables of compiled metrics at the first one.
            self._add_earlier_metrics()
        if self.step == self.steps_per_epoch:
            # An epoch that was resumed is shorter than `fit` knows.
            self.model.stop_training = self.model.stop_training or _END_OF_EPOCH
        elif self.model.stop_training:
            # Kept for the end of the epoch, because validation uses the same variables. Saved now, a training that is
            # killed before that end would go on behind it.
            self._metrics = self._metric_arrays()
            self._states_of_part = copy.deepcopy(self._get_callback_states())
        elif self.save_every and self.first_step % self.save_every == 0:
            self._save(self._metric_arrays())

    def on_epoch_end(self, epoch, logs=None):
        if self.model.stop_training == _END_OF_EPOCH:
            self.model.stop_training = False
        elif self.step < self.steps_per_epoch and not self.model.stop_training:
            raise ValueError(
                f"`TrainingState` needs batches for all steps of an epoch. Received: steps_per_epoch="
                f"{self.steps_per_epoch}, but the batches ended after {self.step}."
            )
        if self.step == self.steps_per_epoch:
            self.epoch, self.step = epoch + 1, 0
        # Otherwise the epoch is not over for a training that goes on with more steps.
        self._save(self._metrics, self._states_of_part)
        self._metrics, self._states_of_part = [], None

    def _set_callback_states(self, states):
        for name, callback in self._named_callbacks():
            if name in states:
                callback.set_state(states[name])

    def _named_callbacks(self):
        """The callbacks by their class, so that others may join or leave when training is resumed."""
        return {type(callback).__name__: callback for callback in self.callbacks}.items()

    def _get_callback_states(self):
        return {name: callback.get_state() for name, callback in self._named_callbacks()}

    def _add_earlier_metrics(self):
        """Adds what the metrics had counted before the interruption: Keras's metrics are sums."""
        arrays, self._earlier_metrics = self._earlier_metrics, []
        variables = self.model.metrics_variables
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
            warnings.warn(
                "The model has other metrics than before the interruption: in this epoch they count from here.",
                stacklevel=2,
            )
            return
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(variable + _in_precision_of(variable, array))

    def _metric_arrays(self):
        return [ops.convert_to_numpy(variable) for variable in self.model.metrics_variables]

    def _save(self, metrics, callback_states=None):
        """Writes the file; of an epoch that is not whole, the callbacks as they were before its end as well."""
        if not self.saves:
            return
        weights = self.model.trainable_variables
        if not all(np.all(np.isfinite(ops.convert_to_numpy(weight).astype("float32"))) for weight in weights):
            warnings.warn(f"{self.path}: not saved, because a weight is not finite.", stacklevel=2)
            return
        now = self._get_callback_states()
        position = {
            "epoch": self.epoch,
            "step": self.step,
            "steps_per_epoch": self.steps_per_epoch,
            "backend": keras.backend.backend(),
            "callbacks": callback_states or now,
            "last_callbacks": now if callback_states else {},
        }
        arrays = {name: ops.convert_to_numpy(variable) for name, variable in _variables(self.model).items()}
        arrays |= {f"metric_{number:04d}": metric for number, metric in enumerate(metrics)}
        arrays[_POSITION] = np.frombuffer(json.dumps(position).encode(), "uint8")

        def write(path):
            with path.open("wb") as file:  # Given a path, NumPy would add an ending.
                np.savez(file, **arrays)

        write_whole(self.path, write)


def _variables(model):
    """Every variable that training changes, metrics' apart, by a name that tells its place."""
    groups = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {
        f"{group}_{number:04d}": variable
        for group, variables in groups.items()
        for number, variable in enumerate(variables)
    }


def _in_precision_of(variable, array):
    """NumPy's files know no bfloat16 and give its bytes back."""
    return array.view(ops.convert_to_numpy(variable).dtype) if array.dtype.kind == "V" else array
