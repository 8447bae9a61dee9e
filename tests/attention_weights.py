"""Copies the weights of our attention layers into `keras.layers.MultiHeadAttention`."""

import numpy as np


def copy_attention(ours, theirs):
    """Copies one of our attention layers, built, into a built `keras.layers.MultiHeadAttention`."""
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
    """Names of the projections of a weight: query, key, value, or several of them in a fused weight."""
    return np.split(np.array(weight), weight.shape[-1] // width, axis=-1)
