import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.generation.plain_layers import dense, encode, normalize
from keras_transformer.models import TransformerConfig, build_transformer, transformer_parts

INPUTS = np.random.default_rng(0).normal(size=(5, 16)).astype("float32")


@pytest.mark.parametrize("options", [{}, {"use_bias": False}, {"activation": "gelu"}, {"dtype": "bfloat16"}])
def test_a_dense_layer_has_the_outputs_of_keras(options):
    layer = keras.layers.Dense(8, bias_initializer="normal", **options)
    expected = layer(INPUTS)
    found = dense(layer, tf.constant(INPUTS))
    assert found.dtype == expected.dtype
    tolerance = 0.02 if options.get("dtype") else 1e-6
    np.testing.assert_allclose(
        tf.cast(found, tf.float32), tf.cast(expected, tf.float32), atol=tolerance, rtol=tolerance
    )


def test_a_quantised_dense_layer_is_called():
    layer = keras.layers.Dense(8)
    layer.build((None, 16))
    layer.quantize("int8")
    np.testing.assert_array_equal(dense(layer, tf.constant(INPUTS)), layer(INPUTS))


def test_a_normalisation_has_the_outputs_of_keras():
    layer = keras.layers.LayerNormalization(epsilon=1e-3, gamma_initializer="normal", beta_initializer="normal")
    expected = layer(INPUTS)
    np.testing.assert_allclose(normalize(layer, tf.constant(INPUTS)), expected, atol=1e-6)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"normalize_first": True},
        {"source_prefix": 5, "target_prefix": 6},
        {"activation": "swish"},
        {"source_end": False},
    ],
)
def test_the_encoder_has_the_outputs_of_the_model(fields):
    config = TransformerConfig(
        vocabulary_size=30, num_encoder_layers=2, num_decoder_layers=1, hidden_dim=16, intermediate_dim=24,
        num_heads=2, max_length=12, **fields,
    )  # fmt: skip
    parts = transformer_parts(build_transformer(config))
    source_ids = tf.constant([[5, 6, 7, 3, 0], [9, 3, 0, 0, 0]])
    expected, expected_mask = parts.encode(source_ids)
    found, length, mask = encode(parts, source_ids)
    np.testing.assert_array_equal(mask, expected_mask)
    found = tf.reshape(found, (2, length, 16))
    np.testing.assert_allclose(found[mask], expected[expected_mask], atol=1e-5)
