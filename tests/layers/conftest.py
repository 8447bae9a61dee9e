"""Fixtures of the tests of layers: random weights, and copies of weights to layers of other libraries."""

import numpy as np
import pytest
from attention_weights import copy_attention as copy


@pytest.fixture
def randomize():
    """Gives a layer random weights, so that biases and scales are not 0 and 1 in comparisons."""

    def _randomize(layer):
        generator = np.random.default_rng(7)
        for weight in layer.weights:
            if weight.dtype == "float32":
                weight.assign(generator.normal(0.3, 0.3, weight.shape))

    return _randomize


@pytest.fixture
def copy_attention():
    """Copies one of our attention layers, built, into a built `keras.layers.MultiHeadAttention`."""
    return copy
