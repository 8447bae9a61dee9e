"""Tests of the masks: where the two kinds of blindness, padding and the future, are decided."""

import keras
import numpy as np

from keras_transformer.layers import PaddingMask
from keras_transformer.layers.masks import causal_mask, key_mask, resolve_padding_mask


def test_padding_mask_is_true_at_real_tokens():
    mask = PaddingMask()(np.array([[7, 9, 0], [0, 0, 0]]))
    np.testing.assert_array_equal(mask, [[True, True, False], [False, False, False]])


def test_causal_mask_shows_each_position_itself_and_the_past():
    np.testing.assert_array_equal(causal_mask(4)[0, 0], np.tril(np.ones((4, 4), bool)))
    assert causal_mask(4).shape == (1, 1, 4, 4)


def test_key_mask_reads_integers_as_booleans_and_broadcasts_over_heads_and_queries():
    mask = key_mask(np.array([[1, 0, 1]]))
    assert mask.shape == (1, 1, 1, 3)
    np.testing.assert_array_equal(mask[0, 0, 0], [True, False, True])


def test_an_explicit_padding_mask_wins_over_the_one_that_keras_attached():
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(np.array([[3, 0]]))
    np.testing.assert_array_equal(resolve_padding_mask(embedded, None), [[True, False]])
    explicit = np.array([[False, True]])
    assert resolve_padding_mask(embedded, explicit) is explicit
    assert resolve_padding_mask(np.zeros((1, 2, 4)), None) is None
