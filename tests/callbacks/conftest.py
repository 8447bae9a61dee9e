"""A model that trains fast: one dense layer and three batches."""

import keras
import numpy as np
import pytest

import keras_transformer  # noqa: F401 (TensorFlow starts quietly)

NUM_BATCHES = 3


@pytest.fixture
def make_model():
    def make_model(**arguments):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
        model.compile(keras.optimizers.SGD(0.1), loss="mse", jit_compile=False, **arguments)
        return model

    return make_model


class Scores(keras.callbacks.Callback):
    """Adds a score to the logs of each epoch."""

    def __init__(self, *scores):
        super().__init__()
        self.scores = scores

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = self.scores[epoch]


@pytest.fixture
def scores():
    return Scores


@pytest.fixture
def fit():
    """Fits a model on three batches an epoch."""
    inputs = np.linspace(-1, 1, 2 * 2 * NUM_BATCHES, dtype="float32").reshape(-1, 2)
    targets = np.linspace(0, 1, 4 * 2 * NUM_BATCHES, dtype="float32").reshape(-1, 4)

    def fit(model, *callbacks, epochs=1, **arguments):
        return model.fit(inputs, targets, batch_size=2, epochs=epochs, callbacks=callbacks, verbose=0, **arguments)

    return fit
