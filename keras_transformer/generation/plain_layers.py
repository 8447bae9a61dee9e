"""Layers of a trained Transformer in few TensorFlow operations.

A layer of Keras adds operations for inputs of any rank and runs Python code for every call. A decoding step is so small
that its operations take longer to start than to compute.
"""

import functools

import keras
import tensorflow as tf

from keras_transformer.layers.attention import hiding_bias


def dense(layer, inputs):
    """Applies a `keras.layers.Dense` to `(rows, inputs)`.

    A quantised layer, one with a low-rank update and a subclass are called, because they compute in another way.
    """
    if type(layer) is not keras.layers.Dense or layer.quantization_mode is not None or layer.lora_enabled:
        return layer(inputs)
    dtype = layer.compute_dtype
    outputs = tf.matmul(tf.cast(inputs, dtype), _weight(layer.kernel, dtype))
    if layer.bias is not None:
        outputs = tf.nn.bias_add(outputs, _weight(layer.bias, dtype))
    return outputs if layer.activation is None else layer.activation(outputs)


def normalize(layer, inputs):
    """Applies a `keras.layers.LayerNormalization` to the last axis, in float32."""
    x = tf.cast(inputs, tf.float32)
    centered = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(centered), axis=-1, keepdims=True)
    scaled = centered * tf.math.rsqrt(variance + layer.epsilon) * _weight(layer.gamma, tf.float32)
    return tf.cast(scaled + _weight(layer.beta, tf.float32), layer.compute_dtype)


def feed_forward(layer, inputs):
    """Applies a `FeedForward` to `(rows, width)`, without dropout."""
    return dense(layer.output_dense, dense(layer.intermediate_dense, inputs))


def residual(block, inputs, sublayer, norm):
    """Returns the residual sum of a sub-layer of a `TransformerBlock`, with its normalisation, without dropout.

    Args:
        block: the block.
        inputs: `(rows, width)`.
        sublayer: a function of `(rows, width)`.
        norm: the normalisation of the sub-layer.
    """
    if block.normalize_first:
        return inputs + tf.cast(sublayer(normalize(norm, inputs)), inputs.dtype)
    return normalize(norm, inputs + tf.cast(sublayer(inputs), inputs.dtype))


def encode(parts, source_ids):
    """Runs the encoder as `TransformerParts.encode` does.

    Args:
        parts: the `TransformerParts`.
        source_ids: `(batch, source_length)` int32, 0 is padding.

    Returns:
        The encoder's sequence `(batch * length, hidden_dim)`, its length, and the padding mask `(batch, length)`.
    """
    if parts.source_prefix is not None:
        source_ids = parts.source_prefix(source_ids)
    padding_mask = parts.source_mask(source_ids)
    length = source_ids.shape[1] or tf.shape(source_ids)[1]
    bias = hiding_bias(tf.expand_dims(tf.expand_dims(padding_mask, 1), 1))
    embedding = parts.source_embedding
    x = embedding.embed(source_ids, tf.convert_to_tensor(embedding.positions)[:length])
    x = tf.reshape(x, (-1, embedding.hidden_dim))
    for block in parts.encoders:
        x = tf.cast(x, block.compute_dtype)

        def attend_to_self(inputs, layer=block.self_attention):
            dtype = layer.compute_dtype
            projected = tf.cast(dense(layer.query_key_value_dense, inputs), dtype)
            query, key, value = split_heads(projected, length, 3, layer.num_heads)
            products = tf.matmul(query * tf.cast(query.shape[-1] ** -0.5, dtype), key, transpose_b=True)
            scores = tf.cast(tf.nn.softmax(tf.cast(products, tf.float32) + bias), dtype)
            return dense(layer.output_dense, merge_heads(tf.matmul(scores, value)))

        x = residual(block, x, attend_to_self, block.self_attention_norm)
        x = residual(block, x, functools.partial(feed_forward, block.feed_forward), block.feed_forward_norm)
    return (x if parts.encoder_norm is None else normalize(parts.encoder_norm, x)), length, padding_mask


def split_heads(projected, length, parts, num_heads):
    """Returns `parts` tensors `(batch, num_heads, length, head_dim)` of `(batch * length, parts * hidden_dim)`."""
    head_dim = projected.shape[-1] // (parts * num_heads)
    split = tf.reshape(projected, (-1, length, parts, num_heads, head_dim))
    return tf.unstack(tf.transpose(split, (2, 0, 3, 1, 4)))


def merge_heads(heads):
    """Returns `(batch * length, num_heads * head_dim)` of `(batch, num_heads, length, head_dim)`."""
    return tf.reshape(tf.transpose(heads, (0, 2, 1, 3)), (-1, heads.shape[1] * heads.shape[3]))


def _weight(variable, dtype):
    return tf.cast(tf.convert_to_tensor(variable), dtype)
