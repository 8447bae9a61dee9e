"""Tests of the metrics of an interrupted epoch, with several kinds of models."""

import keras
import pytest
import tensorflow as tf
from test_training_state import STEPS, KillAfter, Killed, stream

from keras_transformer.callbacks import TrainingState


class TwoHeads(keras.Model):
    """A subclassed model with two outputs."""

    def __init__(self):
        super().__init__()
        self.heads = {name: keras.layers.Dense(3, activation="softmax") for name in ("sparse", "one_hot")}
        self.first, self.second = self.heads.values()

    def build(self, shape):
        self.first.build(shape)
        self.second.build(shape)
        self.built = True

    def call(self, inputs):
        return {name: head(inputs) for name, head in self.heads.items()}


def classes(first_step):
    """Labels of both kinds. Keras distinguishes one of them only by its shape."""

    def batch(inputs, sums):
        label = tf.cast(sums[:, 0], tf.int32)
        return inputs, {"sparse": label, "one_hot": tf.one_hot(label, 3)}, tf.ones(4)

    return stream(first_step).map(batch)


def make_two_heads(**metrics):
    keras.utils.set_random_seed(1)
    model = TwoHeads()
    model(tf.zeros((1, 3)))
    losses = {"sparse": "sparse_categorical_crossentropy", "one_hot": "categorical_crossentropy"}
    model.compile("adam", loss=losses, jit_compile=False, **metrics)
    return model


def fit_two_heads(path, *callbacks):
    metrics = {name: ["accuracy"] for name in ("sparse", "one_hot")}
    model = make_two_heads(metrics=metrics, weighted_metrics=metrics)
    state = TrainingState(path, STEPS, save_every=1)
    state.restore(model)
    arguments = {"steps_per_epoch": STEPS, "epochs": 2, "initial_epoch": state.epoch, "shuffle": False, "verbose": 0}
    return model.fit(classes(state.first_step), callbacks=[*callbacks, state], **arguments).history


def test_metrics_of_any_model_are_taken_up(tmp_path):
    expected = fit_two_heads(tmp_path / "whole.npz")
    with pytest.raises(Killed):
        fit_two_heads(tmp_path / "killed.npz", KillAfter(3))
    assert fit_two_heads(tmp_path / "killed.npz") == expected
    assert len(expected) > 6


def test_metrics_that_cannot_be_taken_up_count_from_there(tmp_path):
    with pytest.raises(Killed):
        fit_two_heads(tmp_path / "state.npz", KillAfter(3))
    state, model = TrainingState(tmp_path / "state.npz", STEPS), make_two_heads()  # Without the earlier metrics.
    assert state.restore(model)
    with pytest.warns(UserWarning, match="other metrics than before the interruption"):
        model.fit(classes(2), steps_per_epoch=STEPS, callbacks=[state], shuffle=False, verbose=0)


def test_a_model_without_weights_must_be_built(tmp_path):
    fit_two_heads(tmp_path / "state.npz")
    model = TwoHeads()
    model.compile("adam", loss="mse")
    with pytest.raises(ValueError, match="must be built. Call it on a batch before `restore`"):
        TrainingState(tmp_path / "state.npz", STEPS).restore(model)
