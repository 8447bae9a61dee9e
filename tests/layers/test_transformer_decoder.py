"""Tests of the decoder block: equal to that of the oracle, and its masks and scores."""

import keras
import numpy as np
import pytest

from keras_transformer.layers import TransformerDecoder

DECODER_MASK = np.array([[True] * 5, [True] * 3 + [False] * 2])
ENCODER_MASK = np.array([[True] * 7, [True] * 4 + [False] * 3])
MASKS = {"decoder_padding_mask": DECODER_MASK, "encoder_padding_mask": ENCODER_MASK}


@pytest.fixture
def target():
    return np.random.default_rng(0).normal(size=(2, 5, 16)).astype("float32")


@pytest.fixture
def source():
    return np.random.default_rng(1).normal(size=(2, 7, 16)).astype("float32")


@pytest.mark.parametrize("normalize_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("masks", [{}, MASKS], ids=["no masks", "masks"])
def test_output_is_that_of_the_oracle(target, source, normalize_first, activation, masks, randomize, oracle):
    arguments = {"normalize_first": normalize_first, "activation": activation, "layer_norm_epsilon": 1e-3}
    ours = TransformerDecoder(32, 4, **arguments)
    theirs = oracle.decoder_block(32, 4, **arguments)
    ours.build(target.shape, source.shape)
    theirs.build(target.shape, source.shape)
    randomize(ours)
    oracle.copy_block(ours, theirs)
    np.testing.assert_allclose(ours(target, source, **masks), theirs(target, source, **masks), rtol=1e-5, atol=1e-5)


def test_scores_sum_to_one_and_see_neither_the_future_nor_padding(target, source):
    layer = TransformerDecoder(32, 4)
    outputs, self_scores, cross_scores = layer(target, source, **MASKS, return_attention_scores=True)
    self_scores, cross_scores = np.array(self_scores), np.array(cross_scores)
    assert self_scores.shape == (2, 4, 5, 5)
    assert cross_scores.shape == (2, 4, 5, 7)
    np.testing.assert_array_equal(outputs, layer(target, source, **MASKS))
    for scores in (self_scores, cross_scores):
        np.testing.assert_allclose(scores.sum(axis=-1), 1.0, atol=1e-6)
    assert (self_scores[:, :, *np.triu_indices(5, 1)] == 0).all()
    assert (self_scores[1, :, :, 3:] == 0).all()
    assert (cross_scores[1, :, :, 4:] == 0).all()


def test_a_later_position_never_changes_an_earlier_output(target, source):
    layer = TransformerDecoder(32, 4)
    changed = target.copy()
    changed[:, 3:] = 100.0
    np.testing.assert_array_equal(layer(changed, source)[:, :3], layer(target, source)[:, :3])


def test_values_at_the_encoders_padding_never_change_an_output(target, source):
    layer = TransformerDecoder(32, 4)
    changed = np.where(ENCODER_MASK[..., np.newaxis], source, 100.0)
    np.testing.assert_array_equal(layer(target, changed, **MASKS), layer(target, source, **MASKS))


def test_the_masks_of_keras_embeddings_are_honoured():
    layer = TransformerDecoder(32, 4)
    target_ids, source_ids = np.array([[0, 3, 4, 0]]), np.array([[5, 6, 0]])
    target = keras.layers.Embedding(9, 16, mask_zero=True)(target_ids)
    source = keras.layers.Embedding(9, 16, mask_zero=True)(source_ids)
    outputs = layer(target, source)
    arrays, masks = (np.array(target), np.array(source)), (target_ids > 0, source_ids > 0)
    np.testing.assert_array_equal(outputs, layer(*arrays, *masks))
    assert not np.allclose(outputs, layer(*arrays, None, masks[1]), atol=1e-5)
    assert not np.allclose(outputs, layer(*arrays, masks[0], None), atol=1e-5)


def test_num_heads_must_divide_the_width(target, source):
    with pytest.raises(ValueError, match=r"divisible by `num_heads`. Received: hidden_dim=16, num_heads=5"):
        TransformerDecoder(32, 5)(target, source)
