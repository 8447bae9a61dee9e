import copy
import os
import pathlib
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer.callbacks.state_file import StateFile
from keras_transformer.callbacks.stored_state import in_precision_of

# Value of `stop_training` that ends an epoch but not the training. It is true and differs from other callbacks' values.
_END_OF_EPOCH = "end of epoch"


class TrainingState(keras.callbacks.Callback):
    """Saves the state of a training. A resumed training is then bit-identical to an uninterrupted one.

    The state has every variable of the model (weights, seeds of dropout, sums of metrics) and of the optimizer, the
    position of the training, and the states of other callbacks. It is saved after each epoch and, with `save_every`,
    within an epoch. The file is written under another name and renamed, so a kill at any moment leaves a complete file.

    The batches must be able to begin at any step: use an endless stream such as `token_batches(..., first_step=...)`
    with `steps_per_epoch` in `fit`. Put this callback last. Nothing is saved while a weight is not finite, because a
    training cannot be resumed from there.

    Args:
        path: path of the file.
        steps_per_epoch: number of batches of an epoch, as in `fit`.
        save_every: number of batches between two saves within an epoch. Default None: no saves within an epoch.
        saves: whether this process writes the file. In a joint training, only one process does. Default True.
        callbacks: callbacks whose state is saved as well, at most one of each class. They have `get_state()`, which
            returns a value for JSON, and `set_state(state)`. Default: none.

    Raises:
        ValueError: an argument is out of range. `fit` raises it if the model is compiled with `steps_per_execution`, if
            `fit` has another `steps_per_epoch`, or if the batches end before an epoch does.

    Example:

    >>> state = kt.callbacks.TrainingState("state.npz", steps_per_epoch=20, save_every=5)
    >>> state.restore(model)  # A new model, compiled; there is no file yet.
    False
    >>> batches = kt.data.token_batches(pairs, tokenizer, shuffle=True, steps_per_epoch=20, first_step=state.first_step)
    >>> model.fit(
    ...     batches, steps_per_epoch=20, initial_epoch=state.epoch, epochs=2, callbacks=[state], shuffle=False
    ... )
    >>> state.saved_position["epoch"]
    2
    """

    def __init__(
        self,
        path: str | os.PathLike,
        steps_per_epoch: int,
        save_every: int | None = None,
        saves: bool = True,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ):
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
        self._file = StateFile(self.path)
        self.steps_per_epoch = steps_per_epoch
        self.save_every = save_every
        self.saves = saves
        self.callbacks = list(callbacks)
        # Number of complete epochs, and number of batches of the current epoch.
        self.epoch = self.step = 0
        self._callback_states = {}
        # States of the callbacks at the end of a training with an incomplete last epoch.
        self._last_callback_states = {}
        # Values of the metrics of an interrupted epoch, and of an epoch that ends before it is complete.
        self._earlier_metrics, self._metrics = [], []
        self._is_restored = False
        # States of the callbacks before the end of an incomplete epoch.
        self._states_of_part = None

    @property
    def first_step(self) -> int:
        """Number of batches of all epochs so far."""
        return self.epoch * self.steps_per_epoch + self.step

    @property
    def saved_position(self) -> dict[str, Any]:
        """The position of the saved training: a dictionary with `epoch`, `step` and other saved values."""
        return self._file.position()

    def restore(self, model: keras.Model) -> bool:
        """Restores the variables of a compiled model, `epoch` and `first_step` from the file.

        Without it, the next `fit` begins with a new epoch.

        Returns:
            Whether the file exists.

        Raises:
            InputError: the file is from another model or another training.
            ValueError: the model has no weights yet, or no optimizer.
        """
        if not self.path.is_file():
            return False
        if not model.built:
            raise ValueError("`model` must be built. Call it on a batch before `restore`.")
        if getattr(model, "optimizer", None) is None:
            raise ValueError("`model` must be compiled before `restore`, with the optimizer of the training.")
        model.optimizer.build(model.trainable_variables)
        variables = _variables(model)
        position, arrays, metrics = self._file.read(variables, model.trainable_variables, self.steps_per_epoch)
        for name, variable in variables.items():
            variable.assign(in_precision_of(variable, arrays[name]))
        self.epoch, self.step = position["epoch"], position["step"]
        self._earlier_metrics = metrics
        self._callback_states = position["callbacks"]
        self._last_callback_states = position.get("last_callbacks", {})
        self._is_restored = True
        with self._file.named_if_damaged():
            for states in (self._last_callback_states, self._callback_states):
                self._set_callback_states(states)
        return True

    def save(self) -> None:
        """Saves the state within an epoch, after a batch."""
        self._save(self._metric_arrays())

    def end(self) -> None:
        """Restores the final states of the callbacks, for a restored training that is complete.

        `restore` sets the states before the end of an incomplete last epoch, because more steps would complete it.
        """
        self._set_callback_states(self._last_callback_states)

    def on_train_begin(self, logs=None):
        if self.model.steps_per_execution != 1:
            raise ValueError(
                "`TrainingState` counts single steps. Compile the model with steps_per_execution=1. "
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
        # Set again, because callbacks reset their states when training begins.
        self._set_callback_states(self._callback_states)
        self._callback_states = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        if not self.step:
            self._earlier_metrics = []

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if self._earlier_metrics:
            # After a batch, because Keras creates the variables of compiled metrics at the first batch.
            self._add_earlier_metrics()
        if self.step == self.steps_per_epoch:
            # A resumed epoch is shorter than the epoch of `fit`.
            self.model.stop_training = self.model.stop_training or _END_OF_EPOCH
        elif self.model.stop_training:
            # Kept for the end of the epoch, because validation uses the same variables. If they were saved now, a
            # training that is killed before the end would continue after it.
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
        # Otherwise a training with more steps continues this epoch.
        self._save(self._metrics, self._states_of_part)
        self._metrics, self._states_of_part = [], None

    def _set_callback_states(self, states):
        for name, callback in self._named_callbacks():
            if name in states:
                callback.set_state(states[name])

    def _named_callbacks(self):
        """Returns the callbacks by class. Callbacks can thus be added or removed when training is resumed."""
        return {type(callback).__name__: callback for callback in self.callbacks}.items()

    def _get_callback_states(self):
        return {name: callback.get_state() for name, callback in self._named_callbacks()}

    def _add_earlier_metrics(self):
        """Adds the values of the metrics before the interruption. Keras's metrics are sums."""
        arrays, self._earlier_metrics = self._earlier_metrics, []
        variables = self.model.metrics_variables
        if [tuple(variable.shape) for variable in variables] != [array.shape for array in arrays]:
            warnings.warn(
                "The model has other metrics than before the interruption. In this epoch they begin at 0.",
                stacklevel=2,
            )
            return
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(variable + in_precision_of(variable, array))

    def _metric_arrays(self):
        return [ops.convert_to_numpy(variable) for variable in self.model.metrics_variables]

    def _save(self, metrics, callback_states=None):
        """Writes the file. For an incomplete epoch, it has also the states of callbacks before the end of the epoch."""
        if not self.saves:
            return
        weights = self.model.trainable_variables
        if not all(np.all(np.isfinite(ops.convert_to_numpy(weight).astype("float32"))) for weight in weights):
            warnings.warn(f"{self.path}: the state was not saved, because a weight is not finite.", stacklevel=2)
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
        self._file.write(_variables(self.model), metrics, position)


def _variables(model):
    """Returns every variable that training changes, except those of metrics, by group and position."""
    groups = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {
        f"{group}_{number:04d}": variable
        for group, variables in groups.items()
        for number, variable in enumerate(variables)
    }
