"""Scaled dot-product attention as pure functions; the layers hold the weights.

Reference:
    "Attention Is All You Need" (arXiv 1706.03762), section 3.2.1, equation 1:
    Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V.
"""

import numpy as np
from keras import activations, backend, ops


def split_heads(inputs, num_heads):
    """`(batch, length, num_heads * head_dim)` to `(batch, num_heads, length, head_dim)`."""
    length, width = ops.shape(inputs)[1], inputs.shape[-1]
    heads = ops.reshape(inputs, (-1, length, num_heads, width // num_heads))
    return ops.transpose(heads, (0, 2, 1, 3))


def merge_heads(heads):
    """`(batch, num_heads, length, head_dim)` to `(batch, length, num_heads * head_dim)`."""
    num_heads, length, head_dim = heads.shape[1], ops.shape(heads)[2], heads.shape[3]
    return ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), (-1, length, num_heads * head_dim))


def attention_scores(query, key, mask=None):
    """The weight that each query gives to each key.

    The softmax runs in float32 whatever the compute dtype, since in half precision it loses the small weights.

    Args:
        query: `(batch, num_heads, queries, head_dim)`.
        key: `(batch, num_heads, keys, head_dim)`.
        mask: booleans that broadcast to `(batch, num_heads, queries, keys)`, True where the query may see the key,
            or None. A query that may see nothing gives every key the same weight.

    Returns:
        `(batch, num_heads, queries, keys)` in the dtype of `query`, each row summing to 1.
    """
    dtype = backend.standardize_dtype(query.dtype)
    # Scaling the query costs less than scaling the scores: head_dim is smaller than the number of keys.
    query = query * ops.cast(query.shape[-1] ** -0.5, dtype)
    products = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))
    products = ops.cast(products, "float32")
    if mask is not None:
        products = products + hiding_bias(mask)
    # Not `ops.softmax`, which warns where there is a single key.
    return ops.cast(activations.softmax(products, axis=-1), dtype)


def hiding_bias(mask):
    """0 where the mask is True, elsewhere so negative that the softmax gives exactly 0.

    Half of float32's lowest number: a score can be added to it without an overflow to minus infinity, whose softmax
    over a row that sees nothing would not be a number.
    """
    lowest = 0.5 * float(np.finfo("float32").min)
    return ops.where(mask, ops.cast(0.0, "float32"), ops.cast(lowest, "float32"))


def attend(scores, value):
    """Mixes the values with the attention scores.

    Args:
        scores: `(batch, num_heads, queries, keys)`.
        value: `(batch, num_heads, keys, head_dim)`.

    Returns:
        `(batch, queries, num_heads * head_dim)`, the heads concatenated.
    """
    return merge_heads(ops.matmul(scores, value))
