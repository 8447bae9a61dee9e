import os
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.callbacks import TrainingState
from keras_transformer.callbacks.end_on_signal import EndOnSignal

STEPS = 5


class SignalAfter(keras.callbacks.Callback):
    """Sends SIGUSR1 to this process after a number of batches."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_train_batch_end(self, batch, logs=None):
        self.batches -= 1
        if self.batches == 0:
            os.kill(os.getpid(), signal.SIGUSR1)


def stream(first_step):
    """Endless batches, each made from its number."""

    def batch(number):
        inputs = tf.random.stateless_uniform((4, 3), [0, number])
        return inputs, tf.reduce_sum(inputs, axis=1, keepdims=True)

    return tf.data.Dataset.counter(first_step).map(batch)


def fit(path, *callbacks, multiple=1, saves=True):
    """Trains two epochs from the last state, which is saved at the end of an epoch only. Returns the weights."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), loss="mse", jit_compile=False)
    state = TrainingState(path, STEPS, saves=saves)
    state.restore(model)
    model.fit(
        stream(state.first_step),
        steps_per_epoch=STEPS,
        epochs=2,
        initial_epoch=state.epoch,
        callbacks=[*callbacks, state, EndOnSignal(state, multiple)],
        shuffle=False,
        verbose=0,
    )
    return model.get_weights()


def position(path):
    saved = TrainingState(path, STEPS).saved_position
    return saved["epoch"], saved["step"]


@pytest.mark.parametrize(
    ("batches", "multiple", "expected"),
    [
        (2, 1, (0, 2)),
        pytest.param(8, 1, (1, 3), marks=pytest.mark.slow),
        pytest.param(1, 3, (0, 3), marks=pytest.mark.slow),
        pytest.param(5, 1, (1, 0), marks=pytest.mark.slow),
    ],
)
def test_the_signal_saves_the_state_and_no_step_is_repeated(tmp_path, batches, multiple, expected):
    before = signal.getsignal(signal.SIGUSR1)
    whole = fit(tmp_path / "whole.npz")
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "state.npz", SignalAfter(batches), multiple=multiple)
    assert position(tmp_path / "state.npz") == expected
    assert signal.getsignal(signal.SIGUSR1) is before
    for found, wanted in zip(fit(tmp_path / "state.npz"), whole, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_process_that_does_not_save_continues(tmp_path):
    fit(tmp_path / "state.npz", SignalAfter(2), saves=False)
    assert not (tmp_path / "state.npz").exists()
