"""Tests of dropout."""

import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.layers.dropout import Dropout


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.9])
@pytest.mark.parametrize("shape", [(301, 333), (7, 11, 13, 101)])
def test_the_rate_is_dropped_and_the_rest_scaled_up(rate, shape):
    outputs = np.array(Dropout(rate, seed=1)(np.ones(shape, "float32"), training=True))
    np.testing.assert_allclose(outputs[outputs > 0], 1 / (1 - rate), rtol=1e-4)
    # Four standard deviations.
    np.testing.assert_allclose(np.mean(outputs == 0), rate, atol=4 * np.sqrt(rate * (1 - rate) / outputs.size))


def test_neighbours_are_dropped_independently():
    dropped = np.array(Dropout(0.5, seed=1)(np.ones((1, 200_001), "float32"), training=True))[0] == 0
    for distance in (1, 2, 3, 4):
        both = np.mean(dropped[:-distance] & dropped[distance:])
        np.testing.assert_allclose(both, 0.25, atol=4 * np.sqrt(0.1875 / dropped.size))


def test_every_call_drops_others_and_a_seed_repeats_them():
    inputs = np.ones((20, 30), "float32")
    layer, again = Dropout(0.5, seed=3), Dropout(0.5, seed=3)
    first, second = np.array(layer(inputs, training=True)), np.array(layer(inputs, training=True))
    assert np.mean((first == 0) != (second == 0)) > 0.3
    np.testing.assert_array_equal(again(inputs, training=True), first)


def test_gradient_goes_through_kept_elements():
    inputs = tf.ones((20, 30))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = Dropout(0.25, seed=3)(inputs, training=True)
    np.testing.assert_array_equal(tape.gradient(outputs, inputs), outputs)


@pytest.mark.parametrize("options", [{"training": False}, {}])
def test_nothing_is_dropped_outside_of_training(options):
    inputs = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    np.testing.assert_array_equal(Dropout(0.5)(inputs, **options), inputs)


def test_noise_shape_is_as_in_keras():
    outputs = np.array(Dropout(0.5, noise_shape=(None, 1), seed=1)(np.ones((40, 5), "float32"), training=True))
    np.testing.assert_array_equal(outputs, np.repeat(outputs[:, :1], 5, axis=1))


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1])
def test_rate_must_be_a_part(rate):
    with pytest.raises(ValueError, match=f"`rate` must be at least 0 and below 1. Received: rate={rate}"):
        Dropout(rate)
