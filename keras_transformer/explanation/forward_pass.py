"""Collects the matrices of a forward pass from the layers of the model."""

import numpy as np
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.layers.attention import dot_products, split_heads
from keras_transformer.layers.observation import observed

_ENCODER_SUBLAYERS = ("self_attention", "feed_forward")
_DECODER_SUBLAYERS = ("self_attention", "cross_attention", "feed_forward")


def forward_pass(parts, source_ids, target_ids):
    """Runs the layers of the model eagerly and returns their intermediate results.

    One run with the whole translation has the matrices of every step of the decoder. The causal mask makes a row
    independent of later rows, so the matrices of a step are their first rows.

    Args:
        parts: the `TransformerParts` of the model.
        source_ids: `(1, source_length)` int32.
        target_ids: `(1, target_length)` int32, the start token, then the translation without its last token.

    Returns:
        A dictionary from a name such as "encoder/1/self_attention/query" to a NumPy array, float32 without the batch,
        and the logits, a tensor `(target_length, vocabulary_size)`. Matrices of heads have the shape `(num_heads, rows,
        columns)`. "bias" is 0 where a query may attend to a key, and the number of `hiding_bias` elsewhere.

    Raises:
        InputError: a matrix has numbers that are not finite.
    """
    with observed() as results:
        encoder_sequence, padding_mask = parts.encode(source_ids)
    matrices = _named(results, "source", "encoder", _ENCODER_SUBLAYERS)
    matrices["encoder_sequence"] = encoder_sequence
    with observed() as results:
        decoded, _ = parts.decode(target_ids, encoder_sequence, padding_mask)
    matrices |= _named(results, "target", "decoder", _DECODER_SUBLAYERS)
    with observed("decoder_sequence") as results:
        logits = parts.logits(decoded)
    matrices |= dict(results)
    found = {name: _without_batch(name, tensor) for name, tensor in matrices.items()}
    _check_finite({**found, "logits": logits.numpy()})
    return found, logits[0]


def _named(results, embedding, block, sublayers):
    """Returns the results of an embedding and of its blocks by name. Each sub-layer begins with the residual."""
    groups = [{}]
    for name, tensor in results:
        if name == "residual":
            groups.append({})
        groups[-1][name] = tensor
    named = {f"{embedding}/{name}": tensor for name, tensor in groups[0].items()}
    for number, group in enumerate(groups[1:]):
        if "mixed" in group:
            _add_heads(group)
        prefix = f"{block}/{number // len(sublayers) + 1}/{sublayers[number % len(sublayers)]}"
        named |= {f"{prefix}/{name}": tensor for name, tensor in group.items()}
    return named


def _add_heads(group):
    """Adds Q K^T without the scale, which the layers apply to Q beforehand, and the heads side by side."""
    query, key = (tf.cast(group[name], "float32") for name in ("query", "key"))
    group["unscaled"] = dot_products(query, key)
    group["mixed"] = split_heads(group["mixed"], query.shape[1])
    rows, columns = group["scores"].shape[-2:]
    group["bias"] = tf.broadcast_to(group["bias"], (1, 1, rows, columns))  # That of all heads.


def _without_batch(name, tensor):
    matrix = tf.cast(tensor, "float32").numpy()
    return matrix if name.endswith("/positions") else matrix[0]  # Positions have no batch.


def _check_finite(matrices):
    for name, matrix in matrices.items():
        if not np.isfinite(matrix).all():
            raise InputError(
                f"The model computes numbers that are not finite, first in {name}. Expected finite numbers. Train it "
                "again with a lower learning rate, or load it with the dtype policy float32."
            )
