"""Tests of the embedding: positions by the paper's formula, the scale, precision, and logits."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.layers import PositionalEmbedding
from keras_transformer.position_encodings import position_table, sinusoidal_positions


@pytest.mark.parametrize("hidden_dim", [8, 7, 1])
def test_positions_are_the_formula_of_the_paper(hidden_dim):
    positions = sinusoidal_positions(600, hidden_dim)
    assert positions.shape == (600, hidden_dim)
    assert positions.dtype == np.float32
    for position in (0, 1, 2, 77, 257, 599):
        for i in range(math.ceil(hidden_dim / 2)):
            angle = position / 10000 ** (2 * i / hidden_dim)
            assert positions[position, 2 * i] == pytest.approx(math.sin(angle), abs=1e-7)
            if 2 * i + 1 < hidden_dim:
                assert positions[position, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-7)


def test_positions_of_tensor2tensor_have_the_lowest_frequency_of_a_ten_thousandth():
    positions = position_table(50, 8, first=2, frequencies="tensor2tensor")
    assert positions.dtype == np.float32
    for row in (0, 1, 49):
        for i in range(4):
            angle = (row + 2) * 10000 ** (-i / 3)
            assert positions[row, 2 * i] == pytest.approx(math.sin(angle), abs=1e-7)
            assert positions[row, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-7)
    np.testing.assert_array_equal(position_table(9, 7, first=3), sinusoidal_positions(12, 7)[3:])


def test_positions_are_those_of_the_oracle(oracle):
    np.testing.assert_allclose(sinusoidal_positions(100, 32), oracle.positions(100, 32), atol=1e-5)


def test_output_is_the_scaled_embedding_plus_its_position():
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=16, max_length=9)
    outputs = np.array(layer(np.array([[5, 6], [6, 5]])))
    table = np.array(layer.embeddings)
    np.testing.assert_allclose(outputs[0, 1], 4 * table[6] + sinusoidal_positions(9, 16)[1], rtol=1e-6)
    np.testing.assert_allclose(outputs[1, 0], 4 * table[6] + sinusoidal_positions(9, 16)[0], rtol=1e-6)


def test_scaled_embeddings_start_with_variance_one():
    layer = PositionalEmbedding(vocabulary_size=4000, hidden_dim=64, max_length=9)
    layer.build((None, None))
    assert np.std(layer.embeddings) * 8 == pytest.approx(1.0, rel=0.01)


def test_bfloat16_rounds_the_sum_and_never_the_positions():
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=16, max_length=2000, dtype="mixed_bfloat16")
    outputs = layer(np.full((1, 2000), 3))
    embedding = keras.ops.cast(keras.ops.cast(layer.embeddings[3], "bfloat16"), "float32")
    expected = keras.ops.cast(4 * embedding + sinusoidal_positions(2000, 16), "bfloat16")
    np.testing.assert_array_equal(outputs[0], expected)


def test_reverse_multiplies_by_the_transposed_table():
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=16, max_length=9)
    layer.build((None, None))
    hidden_states = np.random.default_rng(0).normal(size=(2, 3, 16)).astype("float32")
    logits = layer(hidden_states, reverse=True)
    np.testing.assert_allclose(logits, hidden_states @ np.array(layer.embeddings).T, rtol=1e-5, atol=1e-5)
    assert len(layer.weights) == 1


def test_reverse_is_known_to_the_functional_api():
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=16, max_length=9)
    hidden_states = layer(keras.Input((None,), dtype="int32"))
    assert layer(hidden_states, reverse=True).shape == (None, None, 20)


def test_float_token_ids_are_accepted():
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=16, max_length=9)
    np.testing.assert_array_equal(layer(np.array([[5.0, 6.0]])), layer(np.array([[5, 6]])))


def test_a_sequence_of_max_length_passes_and_a_longer_one_is_refused():
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=16, max_length=4)
    assert layer(np.ones((1, 4), "int32")).shape == (1, 4, 16)
    with pytest.raises(ValueError, match="at most `max_length` tokens. Received: length=5, max_length=4"):
        layer(np.ones((1, 5), "int32"))


@pytest.mark.parametrize("name", ["vocabulary_size", "hidden_dim", "max_length"])
def test_sizes_must_be_positive(name):
    sizes = {"vocabulary_size": 20, "hidden_dim": 16, "max_length": 4, name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0"):
        PositionalEmbedding(**sizes)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_ids_that_come_as_floats_are_looked_up_exactly(policy):
    layer = PositionalEmbedding(5000, 8, 16, dtype=policy)
    ids = np.array([[257, 2049, 4097]])
    np.testing.assert_array_equal(layer(ids.astype("float32")), layer(ids))


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_adam_moves_frequent_tokens_as_far_as_others(dtype):
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=16, max_length=9, dtype=dtype)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layer])
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    before = np.array(layer.embeddings)
    model.train_on_batch(np.array([[5, 5, 5, 5, 6]]), np.ones((1, 5, 16)))
    steps = np.abs(np.array(layer.embeddings) - before)
    np.testing.assert_allclose(steps[[5, 6]], 0.01, rtol=0.01)
    assert not np.any(steps[[4, 7]])


def test_the_gradient_of_a_frequent_token_is_summed_in_float32():
    layer = PositionalEmbedding(vocabulary_size=20, hidden_dim=4, max_length=2000, dtype="mixed_bfloat16")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.cast(layer(np.full((1, 2000), 5), training=True), "float32"))
    gradient = tape.gradient(total, layer.embeddings.value)
    # In bfloat16, a sum of ones ends at 256.
    np.testing.assert_allclose(gradient[5], 2000 * 4**0.5, rtol=0.01)
