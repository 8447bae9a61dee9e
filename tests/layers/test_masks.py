"""Tests of the masks of padding and of future positions."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.layers import (
    MultiHeadCrossAttention,
    MultiHeadSelfAttention,
    PaddingMask,
    TransformerDecoder,
    TransformerEncoder,
)
from keras_transformer.layers.masks import causal_mask, key_mask, resolve_padding_mask


def test_padding_mask_is_true_at_real_tokens():
    mask = PaddingMask()(np.array([[7, 9, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(mask, [[True, True, False], [False, False, False]])


def test_padding_mask_can_hide_the_end_token():
    mask = PaddingMask(hides_end=True)(np.array([[7, 9, 3, 0]]))
    np.testing.assert_array_equal(mask, [[True, True, False, False]])


def test_causal_mask_shows_each_position_itself_and_the_past():
    np.testing.assert_array_equal(causal_mask(4)[0, 0], np.tril(np.ones((4, 4), bool)))
    assert causal_mask(4).shape == (1, 1, 4, 4)


def test_key_mask_reads_integers_as_booleans_and_broadcasts_over_heads_and_queries():
    mask = key_mask(np.array([[1, 0, 1]]))
    assert mask.shape == (1, 1, 1, 3)
    np.testing.assert_array_equal(mask[0, 0, 0], [True, False, True])


def test_an_explicit_padding_mask_replaces_the_mask_of_keras():
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(np.array([[3, 0]]))
    np.testing.assert_array_equal(resolve_padding_mask(embedded, None), [[True, False]])
    explicit = np.array([[False, True]])
    assert resolve_padding_mask(embedded, explicit) is explicit
    assert resolve_padding_mask(np.zeros((1, 2, 4)), None) is None


SEQUENCE, OTHER = (2, 5, 8), (2, 7, 8)
CASES = {
    "self_attention": (MultiHeadSelfAttention(2), [SEQUENCE], "padding_mask", SEQUENCE),
    "cross_attention": (MultiHeadCrossAttention(2), [SEQUENCE, OTHER], "padding_mask", OTHER),
    "encoder": (TransformerEncoder(16, 2), [SEQUENCE], "padding_mask", SEQUENCE),
    "decoder": (TransformerDecoder(16, 2), [SEQUENCE, OTHER], "decoder_padding_mask", SEQUENCE),
    "decoder_of_encoder": (TransformerDecoder(16, 2), [SEQUENCE, OTHER], "encoder_padding_mask", OTHER),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize("wrong_shape", [(2, 6), (2, 1), (3, None), (None,), (2, None, 1), (2, 1, 1, None)])
def test_a_mask_of_another_shape_is_named_with_both_shapes(case, symbolic, wrong_shape):
    layer, shapes, name, masked = CASES[case]
    mask_shape = tuple(masked[1] if size is None else size for size in wrong_shape)
    if symbolic:
        arrays, mask = [keras.Input(batch_shape=shape) for shape in shapes], keras.Input(batch_shape=mask_shape)
    else:
        arrays, mask = [np.zeros(shape, "float32") for shape in shapes], np.ones(mask_shape, bool)
    shapes = re.escape(f"a mask of shape {mask_shape} for a sequence of shape {masked}")
    with pytest.raises(ValueError, match=rf"`{name}` must have the shape \(batch, length\).*{shapes}"):
        layer(*arrays, **{name: mask})


@pytest.mark.parametrize("case", CASES)
def test_a_mask_whose_shape_is_not_known_yet_is_accepted(case):
    layer, shapes, name, masked = CASES[case]
    arrays = [np.ones(shape, "float32") for shape in shapes]
    expected = layer(*arrays, **{name: np.ones(masked[:2], bool)})
    for shape in ((None, None), (masked[0], None), (None, masked[1])):
        called = tf.function(
            lambda mask: layer(*arrays, **{name: mask}), input_signature=[tf.TensorSpec(shape, tf.bool)]
        )
        np.testing.assert_allclose(called(tf.ones(masked[:2], tf.bool)), expected, atol=1e-6)
    inputs = [keras.Input((None, 8)) for _ in shapes]
    assert layer(*inputs, **{name: keras.Input((None,), dtype="bool")}).shape == (None, None, 8)


def test_one_row_of_a_mask_serves_the_whole_batch_and_numbers_are_booleans():
    layer, inputs = MultiHeadSelfAttention(2), np.random.default_rng(0).normal(size=SEQUENCE).astype("float32")
    expected = layer(inputs, padding_mask=np.array([[True, True, True, False, False]] * 2))
    for mask in ([[1, 1, 1, 0, 0]], np.array([[1.0, 1.0, 1.0, 0.0, 0.0]])):
        np.testing.assert_allclose(layer(inputs, padding_mask=np.array(mask)), expected, atol=1e-6)
