"""Tests of cross-attention: equal to Keras's layer, also if the two sequences differ in width."""

import keras
import numpy as np
import pytest

from keras_transformer.layers import MultiHeadCrossAttention

PADDING_MASK = np.array([[True] * 7, [True] * 4 + [False] * 3])


@pytest.fixture
def query():
    return np.random.default_rng(0).normal(size=(2, 5, 16)).astype("float32")


@pytest.fixture
def value():
    return np.random.default_rng(1).normal(size=(2, 7, 24)).astype("float32")


@pytest.mark.parametrize("padding_mask", [None, PADDING_MASK])
def test_output_and_scores_are_those_of_keras(query, value, padding_mask, randomize, copy_attention):
    ours = MultiHeadCrossAttention(num_heads=4)
    theirs = keras.layers.MultiHeadAttention(num_heads=4, key_dim=4)
    ours.build(query.shape, value.shape)
    theirs.build(query.shape, value.shape)
    randomize(ours)
    copy_attention(ours, theirs)
    mask = None if padding_mask is None else padding_mask[:, np.newaxis, :]
    expected = theirs(query, value, attention_mask=mask, return_attention_scores=True)
    found = ours(query, value, padding_mask=padding_mask, return_attention_scores=True)
    for found_part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-5, atol=1e-5)


def test_scores_sum_to_one_and_give_padding_exactly_zero(query, value):
    layer = MultiHeadCrossAttention(num_heads=4)
    _, scores = layer(query, value, padding_mask=PADDING_MASK, return_attention_scores=True)
    scores = np.array(scores)
    assert scores.shape == (2, 4, 5, 7)
    np.testing.assert_allclose(scores.sum(axis=-1), 1.0, atol=1e-6)
    assert (scores[1, :, :, 4:] == 0).all()
    assert (scores[1, :, :, :4] > 0).all()


def test_the_mask_of_a_keras_embedding_of_the_value_is_honoured(query):
    embedded = keras.layers.Embedding(9, 24, mask_zero=True)(np.array([[3, 4, 0], [5, 0, 0]]))
    layer = MultiHeadCrossAttention(num_heads=4)
    outputs = layer(query, embedded)
    mask = np.array([[True, True, False], [True, False, False]])
    np.testing.assert_array_equal(outputs, layer(query, np.array(embedded), padding_mask=mask))
    assert not np.allclose(outputs, layer(query, np.array(embedded)), atol=1e-5)


def test_num_heads_must_divide_the_width_of_the_query(query, value):
    with pytest.raises(ValueError, match=r"divisible by `num_heads`. Received: hidden_dim=16, num_heads=3"):
        MultiHeadCrossAttention(num_heads=3)(query, value)
