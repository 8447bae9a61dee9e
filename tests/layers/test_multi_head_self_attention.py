"""Tests of self-attention: equal to Keras's layer, and masked scores are 0."""

import keras
import numpy as np
import pytest

from keras_transformer.layers import MultiHeadSelfAttention
from keras_transformer.layers.attention import attention_scores

PADDING_MASK = np.array([[True] * 7, [True] * 4 + [False] * 3, [True] + [False] * 6])


@pytest.fixture
def inputs():
    return np.random.default_rng(0).normal(size=(3, 7, 16)).astype("float32")


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("padding_mask", [None, PADDING_MASK])
def test_output_and_scores_are_those_of_keras(inputs, causal, padding_mask, randomize, copy_attention):
    ours = MultiHeadSelfAttention(num_heads=4)
    theirs = keras.layers.MultiHeadAttention(num_heads=4, key_dim=4)
    ours.build(inputs.shape)
    theirs.build(inputs.shape, inputs.shape)
    randomize(ours)
    copy_attention(ours, theirs)
    mask = None if padding_mask is None else padding_mask[:, np.newaxis, :]
    expected = theirs(inputs, inputs, attention_mask=mask, use_causal_mask=causal, return_attention_scores=True)
    found = ours(inputs, padding_mask=padding_mask, use_causal_mask=causal, return_attention_scores=True)
    for found_part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-5, atol=1e-5)


def test_scores_sum_to_one_and_are_exactly_zero_at_masked_positions(inputs):
    layer = MultiHeadSelfAttention(num_heads=4)
    _, scores = layer(inputs, padding_mask=PADDING_MASK, use_causal_mask=True, return_attention_scores=True)
    scores = np.array(scores)
    assert scores.shape == (3, 4, 7, 7)
    np.testing.assert_allclose(scores.sum(axis=-1), 1.0, atol=1e-6)
    visible = PADDING_MASK[:, np.newaxis, np.newaxis, :] & np.tril(np.ones((7, 7), bool))
    visible = np.broadcast_to(visible, scores.shape)
    assert (scores[~visible] == 0).all()
    assert (scores[visible] > 0).all()


def test_huge_scores_stay_exact_under_the_mask():
    layer = MultiHeadSelfAttention(num_heads=1)
    inputs = np.array([[[1.0], [1e15], [-1e15]]], "float32")
    layer.build(inputs.shape)
    layer.set_weights([np.array([[1.0, 1.0, 1.0]]), np.zeros(3), np.eye(1), np.zeros(1)])
    _, scores = layer(inputs, padding_mask=np.array([[True, False, False]]), return_attention_scores=True)
    np.testing.assert_array_equal(scores[0, 0], [[1, 0, 0]] * 3)


def test_a_row_of_padding_sees_everything_evenly(inputs):
    layer = MultiHeadSelfAttention(num_heads=4)
    _, scores = layer(inputs, padding_mask=np.zeros((3, 7), bool), return_attention_scores=True)
    np.testing.assert_allclose(scores, 1 / 7, rtol=1e-6)


def test_scores_are_returned_as_they_are_before_dropout(inputs):
    layer = MultiHeadSelfAttention(num_heads=4, dropout=0.5)
    _, scores = layer(inputs, return_attention_scores=True, training=True)
    assert (np.array(scores) > 0).all()


def test_the_mask_of_a_keras_embedding_is_honoured_and_passed_on():
    embedded = keras.layers.Embedding(9, 16, mask_zero=True)(np.array([[3, 4, 0, 0]]))
    layer = MultiHeadSelfAttention(num_heads=4)
    outputs = layer(embedded)
    explicit = layer(np.array(embedded), padding_mask=np.array([[True, True, False, False]]))
    np.testing.assert_array_equal(outputs, explicit)
    assert not np.allclose(outputs, layer(np.array(embedded)), atol=1e-5)
    np.testing.assert_array_equal(outputs._keras_mask, [[True, True, False, False]])


def test_num_heads_must_divide_the_width():
    with pytest.raises(ValueError, match=r"divisible by `num_heads`. Received: hidden_dim=16, num_heads=3"):
        MultiHeadSelfAttention(num_heads=3)(np.zeros((1, 2, 16)))


def test_the_width_must_be_known():
    with pytest.raises(ValueError, match=r"divisible by `num_heads`. Received: hidden_dim=None, num_heads=4"):
        MultiHeadSelfAttention(num_heads=4).build((None, None, None))


def test_num_heads_must_be_positive():
    with pytest.raises(ValueError, match="`num_heads` must be at least 1. Received: num_heads=0"):
        MultiHeadSelfAttention(num_heads=0)


def test_a_single_key_has_the_weight_1_without_a_warning_of_keras():
    query, key = (keras.random.normal((2, 3, length, 4)) for length in (5, 1))
    weights = keras.ops.convert_to_numpy(attention_scores(query, key))
    np.testing.assert_array_equal(weights, np.ones((2, 3, 5, 1)))
