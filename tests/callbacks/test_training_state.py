"""Tests of the state of a training in one process. tests/cli/test_resume_exactly.py kills real processes."""

import io
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from counted_epochs import CountEpochs

from keras_transformer.callbacks import StopAfterSteps, TrainingState
from keras_transformer.errors import InputError

STEPS = 5


class Killed(Exception):
    """Simulates the end of the process."""


class KillAfter(keras.callbacks.Callback):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_train_batch_end(self, batch, logs=None):
        self.batches -= 1
        if not self.batches:
            raise Killed


def stream(first_step):
    """Endless batches, each made from its number."""

    def batch(number):
        inputs = tf.random.stateless_uniform((4, 3), [0, number])
        return inputs, tf.reduce_sum(inputs, axis=1, keepdims=True)

    return tf.data.Dataset.counter(first_step).map(batch)


def make_model():
    keras.utils.set_random_seed(1)
    dense, dropout = keras.layers.Dense(8, activation="relu"), keras.layers.Dropout(0.5)
    model = keras.Sequential([keras.Input((3,)), dense, dropout, keras.layers.Dense(1)])
    optimizer = keras.optimizers.Adam(0.01, use_ema=True, gradient_accumulation_steps=2)
    model.compile(optimizer, loss="mse", metrics=["mae"], jit_compile=False)
    return model


def fit(path, *callbacks, epochs=4, save_every=2):
    """Trains from the last state; returns the model, the logs of its epochs, and the counts."""
    model, counter = make_model(), CountEpochs()
    state = TrainingState(path, STEPS, save_every, callbacks=[counter])
    state.restore(model)
    history = model.fit(
        stream(state.first_step),
        steps_per_epoch=STEPS,
        epochs=epochs,
        initial_epoch=state.epoch,
        callbacks=[counter, *callbacks, state],
        shuffle=False,
        verbose=0,
    )
    return model, history.history, counter.epochs


def variables_of(model):
    return [np.array(variable) for variable in (*model.variables, *model.optimizer.variables)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The model and the history of an uninterrupted training."""
    model, history, _ = fit(tmp_path_factory.mktemp("whole") / "state.npz")
    return model, history


@pytest.mark.parametrize("killed_after", [pytest.param(1, marks=pytest.mark.slow), 13])
def test_a_resumed_training_is_bit_identical(whole, tmp_path, killed_after):
    expected, expected_history = whole
    with pytest.raises(Killed):
        fit(tmp_path / "state.npz", KillAfter(killed_after))
    model, history, epochs = fit(tmp_path / "state.npz")
    for found, variable in zip(variables_of(model), variables_of(expected), strict=True):
        np.testing.assert_array_equal(found, variable)
    assert epochs == [0, 1, 2, 3]
    # This includes the metrics of the interrupted epoch.
    for name, values in history.items():
        assert values == expected_history[name][-len(values) :]


@pytest.mark.slow
def test_at_most_save_every_batches_are_lost(tmp_path):
    for killed_after, saved in [(3, (0, 2)), (7, (1, 1)), (6, (1, 0))]:
        path = tmp_path / f"{killed_after}.npz"
        with pytest.raises(Killed):
            fit(path, KillAfter(killed_after))
        position = TrainingState(path, STEPS).saved_position
        assert (position["epoch"], position["step"]) == saved


def test_a_training_stopped_by_another_callback_stays_stopped(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    _, history, _ = fit(tmp_path / "state.npz", Stop())
    assert len(history["loss"]) == 2


def test_a_kill_while_saving_leaves_the_last_state(tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    fit(path, epochs=1)
    before = path.read_bytes()

    def fail(file, **arrays):
        file.write(b"half")
        raise Killed

    monkeypatch.setattr("keras_transformer.callbacks.training_state.np.savez", fail)
    with pytest.raises(Killed):
        fit(path, epochs=2)
    assert path.read_bytes() == before


def test_weights_that_are_not_numbers_are_not_saved(tmp_path):
    class Spoil(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == 2:
                self.model.set_weights([np.full_like(weight, np.nan) for weight in self.model.get_weights()])

    with pytest.warns(UserWarning, match=r"state\.npz: the state was not saved, because a weight is not finite\."):
        fit(tmp_path / "state.npz", Spoil(), epochs=2)  # The fourth batch is the second step.
    position = TrainingState(tmp_path / "state.npz", STEPS).saved_position
    assert (position["epoch"], position["step"]) == (0, 2)


def test_the_state_of_another_model_or_epoch_is_refused(tmp_path):
    fit(tmp_path / "state.npz", epochs=1)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    other.compile("adam", loss="mse")
    with pytest.raises(InputError, match=r"state\.npz: the state is from another model or another optimizer\."):
        TrainingState(tmp_path / "state.npz", STEPS).restore(other)
    with pytest.raises(InputError, match=r"the state is from epochs of 5 batches, but now they have 6\."):
        TrainingState(tmp_path / "state.npz", STEPS + 1).restore(make_model())


def test_an_array_that_declares_another_size_than_it_has_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    fit(path, epochs=1)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for name in ("model_0000.npy", "position.npy"):
        header = io.BytesIO()
        description = {"descr": "<f4", "fortran_order": False, "shape": (10**15,)}
        np.lib.format.write_array_header_1_0(header, description)
        with zipfile.ZipFile(path, "w") as archive:
            for other, content in entries.items():
                archive.writestr(other, header.getvalue() + b"1234" if other == name else content)
        with pytest.raises(InputError, match=r"state\.npz: not the state of a training, or damaged"):
            TrainingState(path, STEPS).restore(make_model())


def test_the_state_of_another_backend_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    with monkeypatch.context() as during:
        during.setattr(keras.backend, "backend", lambda: "jax")
        fit(path)
    with pytest.raises(InputError, match="Keras on jax, but Keras runs on tensorflow. Set KERAS_BACKEND=jax"):
        TrainingState(path, STEPS).restore(make_model())


def test_without_a_file_training_begins_at_the_start(tmp_path):
    state = TrainingState(tmp_path / "missing.npz", STEPS)
    assert not state.restore(make_model())
    assert state.first_step == 0


@pytest.mark.parametrize("arguments", [{"steps_per_epoch": 0}, {"steps_per_epoch": 1, "save_every": 0}])
def test_numbers_below_one_are_refused(tmp_path, arguments):
    with pytest.raises(ValueError, match=r"` must be at least 1\. Received: .*=0\."):
        TrainingState(tmp_path / "state.npz", **arguments)


def test_a_training_stopped_within_an_epoch_is_resumed_there(whole, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = int(self.model.optimizer.iterations) == 3  # The sixth or seventh batch.

    expected, expected_history = whole
    fit(tmp_path / "state.npz", Stop())
    position = TrainingState(tmp_path / "state.npz", STEPS).saved_position
    assert (position["epoch"], position["step"]) == (1, 1)
    model, history, _ = fit(tmp_path / "state.npz")
    for found, variable in zip(variables_of(model), variables_of(expected), strict=True):
        np.testing.assert_array_equal(found, variable)
    assert history["mae"] == expected_history["mae"][1:]


@pytest.mark.slow
def test_an_epoch_that_ends_too_early_counts_once_for_the_callbacks(tmp_path):
    path = tmp_path / "state.npz"
    for steps in (3, 4):  # With two batches each.
        fit(path, StopAfterSteps(steps))
    assert TrainingState(path, STEPS).saved_position["callbacks"] == {"CountEpochs": [0]}
    counter = CountEpochs()
    state = TrainingState(path, STEPS, callbacks=[counter])
    assert state.restore(make_model())
    assert counter.epochs == [0]
    state.end()  # If this epoch is the last.
    assert counter.epochs == [0, 1]
    assert fit(path)[2] == [0, 1, 2, 3]


def test_another_length_of_epochs_than_fits_is_refused(tmp_path):
    state = TrainingState(tmp_path / "state.npz", STEPS + 3)
    with pytest.raises(ValueError, match="Received: steps_per_epoch=8, of `fit` 5."):
        make_model().fit(stream(0), steps_per_epoch=STEPS, callbacks=[state], shuffle=False, verbose=0)


def test_without_restoring_a_training_begins_with_a_whole_epoch(tmp_path):
    model, state = make_model(), TrainingState(tmp_path / "state.npz", STEPS)
    arguments = {"steps_per_epoch": STEPS, "shuffle": False, "verbose": 0}
    with pytest.raises(Killed):
        model.fit(stream(0), callbacks=[KillAfter(3), state], **arguments)
    model.fit(stream(0), callbacks=[state], **arguments)
    # Gradients of two batches make a step.
    assert (int(model.optimizer.iterations), state.step) == ((3 + STEPS) // 2, 0)


def test_weights_of_bfloat16_come_back(tmp_path):
    def make():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16")])
        model.compile("adam", loss="mse", jit_compile=False)
        return model

    model = make()
    state = TrainingState(tmp_path / "state.npz", STEPS)
    model.fit(stream(0), steps_per_epoch=STEPS, callbacks=[state], shuffle=False, verbose=0)
    again = make()
    assert TrainingState(tmp_path / "state.npz", STEPS).restore(again)
    for found, expected in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_step_that_is_several_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse", steps_per_execution=5, jit_compile=False)
    with pytest.raises(ValueError, match="Compile the model with steps_per_execution=1. Received: steps_per_execut"):
        model.fit(stream(0), steps_per_epoch=STEPS, callbacks=[TrainingState(tmp_path / "a", STEPS)], shuffle=False)


def test_callbacks_that_cannot_be_saved_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must be one of each class. Received: CountEpochs, CountEpochs"):
        TrainingState(tmp_path / "a", STEPS, callbacks=[CountEpochs(), CountEpochs()])
    with pytest.raises(ValueError, match=r"must have get_state\(\) and set_state"):
        TrainingState(tmp_path / "a", STEPS, callbacks=[KillAfter(1)])


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_batches_that_end_before_the_epoch_are_refused(tmp_path):
    # The length is unknown to Keras.
    batches = stream(0).take(3).filter(lambda *batch: True)
    with pytest.raises(ValueError, match="steps_per_epoch=5, but the batches ended after 3."):
        make_model().fit(batches, verbose=0, shuffle=False, callbacks=[TrainingState(tmp_path / "state.npz", STEPS)])
