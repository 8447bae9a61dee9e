import copy
import json
import pathlib
import zipfile

import keras
import numpy as np
from keras import ops

from keras_transformer.errors import InputError
from keras_transformer.whole_files import write_whole

_POSITION = "position"
# What `stop_training` is set to in order to end an epoch and go on: true, and not what other callbacks set it to.
_END_OF_EPOCH = "end of epoch"


class TrainingState(keras.callbacks.Callback):
    """Saves all that a training needs to go on as if it had never been interrupted, to the bit.

    That is every variable of the model (weights, seeds of dropout, running sums of metrics) and of the optimizer, how
    far the training has come, and what other callbacks remember. It is saved after each epoch and, with `save_every`,
    within one. The file is written under another name and renamed, so that a kill at any moment leaves the last one
    whole.

    It needs batches that can begin anywhere: an endless stream such as `token_batches(..., first_step=...)`, of which
    `fit` is told the `steps_per_epoch`. It comes last among the callbacks. To take up an epoch in its middle, the model
    must have one output with one more dimension than its labels, as logits over a vocabulary have.

    Args:
        path: path of the file.
        steps_per_epoch: batches of an epoch, as `fit` gets them.
        save_every: batches from one save within an epoch to the next. Default None, none within an epoch.
        saves: whether this process writes the file; of several that train together, one does. Default True.
        callbacks: callbacks with `get_state()`, a value that JSON can hold, and `set_state(state)`, which are saved and
            restored as well, one of each class. Default: none.

    Raises:
        ValueError: an argument is out of range; or, by `fit`, the model is compiled with `steps_per_execution`.

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
        self._metrics = []
        # Of an epoch that ends before it is whole, the callbacks as they were before they took it for a whole one.
        self._states_of_part = None

    @property
    def first_step(self):
        """Batches trained on so far, all epochs together."""
        return self.epoch * self.steps_per_epoch + self.step

    @property
    def saved_position(self):
        """How far the training of the file has come: a dictionary with `epoch`, `step` and what else was noted."""
        try:
            with np.load(self.path) as file:
                return json.loads(file[_POSITION].tobytes())
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise InputError(f"{self.path}: not the state of a training; begin it anew.") from None

    def restore(self, model):
        """Gives a compiled model the variables of the file, and `epoch` and `first_step` their values.

        Returns:
            Whether there was a file.

        Raises:
            InputError: the file is of another model or another training.
        """
        if not self.path.is_file():
            return False
        model.optimizer.build(model.trainable_variables)
        position = self.saved_position
        with np.load(self.path) as file:
            arrays = {name: file[name] for name in file.files if name != _POSITION}
        metrics = [arrays.pop(name) for name in sorted(arrays) if name.startswith("metric_")]
        variables = _variables(model)
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
        self._metrics = metrics
        self._callback_states = position["callbacks"]
        self._set_callback_states()
        return True

    def on_train_begin(self, logs=None):
        if self.model.steps_per_execution != 1:
            raise ValueError(
                "`TrainingState` counts steps one by one; compile the model with steps_per_execution=1. "
                f"Received: steps_per_execution={self.model.steps_per_execution}."
            )
        # Again, because callbacks forget when training begins.
        self._set_callback_states()
        self._callback_states = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        # Here, because an epoch begins with metrics at zero.
        if self.step and self._metrics:
            _build_metrics(self.model)
            for variable, array in zip(self.model.metrics_variables, self._metrics, strict=True):
                variable.assign(_in_precision_of(variable, array))
        self._metrics = []

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
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
        if self.step == self.steps_per_epoch:
            self.epoch, self.step = epoch + 1, 0
        # Otherwise the epoch is not over for a training that goes on with more steps.
        self._save(self._metrics, self._states_of_part)
        self._metrics, self._states_of_part = [], None

    def _set_callback_states(self):
        for name, callback in self._named_callbacks():
            if name in self._callback_states:
                callback.set_state(self._callback_states[name])

    def _named_callbacks(self):
        """The callbacks by their class, so that others may join or leave when training is resumed."""
        return {type(callback).__name__: callback for callback in self.callbacks}.items()

    def _get_callback_states(self):
        return {name: callback.get_state() for name, callback in self._named_callbacks()}

    def _metric_arrays(self):
        return [ops.convert_to_numpy(variable) for variable in self.model.metrics_variables]

    def _save(self, metrics, callback_states=None):
        """Writes the file, unless a weight is not finite: from there no training can go on."""
        if not self.saves or not all(np.all(np.isfinite(weight)) for weight in self.model.get_weights()):
            return
        position = {
            "epoch": self.epoch,
            "step": self.step,
            "steps_per_epoch": self.steps_per_epoch,
            "callbacks": callback_states or self._get_callback_states(),
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


def _build_metrics(model):
    """Makes the variables of the compiled metrics, which Keras makes when it sees the first batch."""
    (output,) = model.outputs
    logits = ops.zeros([size or 1 for size in output.shape], output.dtype)
    model.compute_metrics(None, ops.zeros(logits.shape[:-1], "int32"), logits)
    model.reset_metrics()
