"""Scaled dot-product attention as pure functions. The layers have the weights.

Reference:
    "Attention Is All You Need" (arXiv 1706.03762), section 3.2.1, equation 1:
    Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V.
"""

import numpy as np
from keras import activations, backend, ops

from keras_transformer.layers.observation import observe


def split_heads(inputs, num_heads):
    """Reshapes `(batch, length, num_heads * head_dim)` to `(batch, num_heads, length, head_dim)`."""
    length, width = ops.shape(inputs)[1], inputs.shape[-1]
    heads = ops.reshape(inputs, (-1, length, num_heads, width // num_heads))
    return ops.transpose(heads, (0, 2, 1, 3))


def merge_heads(heads):
    """Reshapes `(batch, num_heads, length, head_dim)` to `(batch, length, num_heads * head_dim)`."""
    num_heads, length, head_dim = heads.shape[1], ops.shape(heads)[2], heads.shape[3]
    return ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), (-1, length, num_heads * head_dim))


def dot_products(query, key):
    """Computes Q K^T, the product of each query and each key: `(batch, num_heads, queries, keys)`."""
    return ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))


def attention_scores(query, key, mask=None):
    """Computes the attention weight of each key for each query.

    The softmax is computed in float32 for every compute dtype, because half precision loses small weights.

    Args:
        query: `(batch, num_heads, queries, head_dim)`.
        key: `(batch, num_heads, keys, head_dim)`.
        mask: booleans that broadcast to `(batch, num_heads, queries, keys)`, True where the query may attend to the
            key, or None. A query that may attend to no key gives every key the same weight.

    Returns:
        `(batch, num_heads, queries, keys)` in the dtype of `query`. Each row sums to 1.
    """
    dtype = backend.standardize_dtype(query.dtype)
    # Scaling the query costs less than scaling the scores: head_dim is smaller than the number of keys.
    query = query * ops.cast(query.shape[-1] ** -0.5, dtype)
    products = ops.cast(dot_products(query, key), "float32")
    observe(products=products)
    if mask is not None:
        bias = hiding_bias(mask)
        observe(bias=bias)
        products = products + bias
    if products.shape[-1] == 1:
        # Keras warns of a softmax of one number, which is 1.
        return ops.cast(ops.ones_like(products), dtype)
    return ops.cast(activations.softmax(products, axis=-1), dtype)


def hiding_bias(mask):
    """Returns 0 where the mask is True, and elsewhere a number so low that the softmax is exactly 0.

    The number is half of float32's lowest. Adding a score to it does not overflow to minus infinity. A softmax over a
    row of minus infinities is NaN.
    """
    lowest = 0.5 * float(np.finfo("float32").min)
    return ops.where(mask, ops.cast(0.0, "float32"), ops.cast(lowest, "float32"))


def attend(scores, value):
    """Computes the sums of the values weighted by the attention scores.

    Args:
        scores: `(batch, num_heads, queries, keys)`.
        value: `(batch, num_heads, keys, head_dim)`.

    Returns:
        `(batch, queries, num_heads * head_dim)`, with the heads concatenated.
    """
    return merge_heads(ops.matmul(scores, value))
