"""What the tests of the layers share: copying our weights into the layers of Keras and keras-nlp that do the same."""

import numpy as np
import pytest


@pytest.fixture
def randomize():
    """Gives a layer random weights; biases and scales, which start as 0 and 1, then show up in a comparison."""

    def _randomize(layer):
        generator = np.random.default_rng(7)
        for weight in layer.weights:
            if weight.dtype == "float32":
                weight.assign(generator.normal(0.3, 0.3, weight.shape))

    return _randomize


@pytest.fixture
def copy_attention():
    """Copies one of our attention layers, built, into a built `keras.layers.MultiHeadAttention`."""
    return _copy_attention


@pytest.fixture
def copy_block():
    """Copies one of our blocks, built, into the block of keras-nlp, built."""

    def _copy_block(ours, theirs):
        for name in ("self_attention", "cross_attention"):
            if hasattr(ours, name):
                reference = getattr(theirs, f"_{name}_layer")
                norm = getattr(theirs, f"_{name}_layer_norm")
                _copy_attention(getattr(ours, name), reference)
                norm.set_weights(getattr(ours, f"{name}_norm").get_weights())
        theirs._feedforward_intermediate_dense.set_weights(ours.feed_forward.intermediate_dense.get_weights())
        theirs._feedforward_output_dense.set_weights(ours.feed_forward.output_dense.get_weights())
        theirs._feedforward_layer_norm.set_weights(ours.feed_forward_norm.get_weights())

    return _copy_block


def _copy_attention(ours, theirs):
    names = ("query_dense", "key_value_dense", "query_key_value_dense")
    fused = [getattr(ours, name) for name in names if hasattr(ours, name)]
    kernels = [part for dense in fused for part in _parts(dense.kernel, ours.output_dense.units)]
    biases = [part for dense in fused for part in _parts(dense.bias, ours.output_dense.units)]
    projections = (theirs.query_dense, theirs.key_dense, theirs.value_dense)
    for dense, kernel, bias in zip(projections, kernels, biases, strict=True):
        dense.kernel.assign(kernel.reshape(dense.kernel.shape))
        dense.bias.assign(bias.reshape(dense.bias.shape))
    theirs.output_dense.kernel.assign(np.reshape(ours.output_dense.kernel, theirs.output_dense.kernel.shape))
    theirs.output_dense.bias.assign(ours.output_dense.bias)


def _parts(weight, width):
    """Queries, keys and values, or as many of them as lie side by side in a fused weight."""
    return np.split(np.array(weight), weight.shape[-1] // width, axis=-1)
