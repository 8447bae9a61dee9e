"""Tests of the feed-forward network."""

import numpy as np
import pytest

from keras_transformer.layers import FeedForward


def test_output_is_the_formula_of_the_paper(randomize):
    layer = FeedForward(intermediate_dim=12)
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    layer.build(x.shape)
    randomize(layer)
    w1, b1, w2, b2 = layer.get_weights()
    assert w1.shape == (8, 12)
    assert w2.shape == (12, 8)
    np.testing.assert_allclose(layer(x), np.maximum(x @ w1 + b1, 0) @ w2 + b2, rtol=1e-5, atol=1e-5)


def test_activation_can_be_a_function():
    layer = FeedForward(intermediate_dim=12, activation=lambda x: 0.0 * x)
    np.testing.assert_array_equal(layer(np.ones((2, 3, 8))), np.zeros((2, 3, 8)))


def test_intermediate_dim_must_be_positive():
    with pytest.raises(ValueError, match="`intermediate_dim` must be at least 1. Received: intermediate_dim=0"):
        FeedForward(intermediate_dim=0)
