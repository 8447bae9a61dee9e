"""Tests of the encoder block: equal to that of the oracle, and its masks and scores."""

import keras
import numpy as np
import pytest

from keras_transformer.layers import TransformerEncoder

PADDING_MASK = np.array([[True] * 7, [True] * 4 + [False] * 3])


@pytest.fixture
def inputs():
    return np.random.default_rng(0).normal(size=(2, 7, 16)).astype("float32")


@pytest.mark.parametrize("normalize_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_output_and_scores_are_those_of_the_oracle(inputs, normalize_first, activation, randomize, oracle):
    arguments = {"normalize_first": normalize_first, "activation": activation, "layer_norm_epsilon": 1e-3}
    ours = TransformerEncoder(32, 4, **arguments)
    theirs = oracle.encoder_block(32, 4, **arguments)
    ours.build(inputs.shape)
    theirs.build(inputs.shape)
    randomize(ours)
    oracle.copy_block(ours, theirs)
    found = ours(inputs, padding_mask=PADDING_MASK, return_attention_scores=True)
    expected = theirs(inputs, padding_mask=PADDING_MASK, return_attention_scores=True)
    for found_part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-5, atol=1e-5)


def test_defaults_are_those_of_the_oracle(inputs, oracle):
    ours, theirs = TransformerEncoder(32, 4), oracle.encoder_block(32, 4)
    ours.build(inputs.shape)
    theirs.build(inputs.shape)
    oracle.copy_block(ours, theirs)
    np.testing.assert_allclose(ours(inputs), theirs(inputs), rtol=1e-5, atol=1e-5)


def test_values_at_padding_never_change_a_real_output(inputs):
    layer = TransformerEncoder(32, 4)
    changed = np.where(PADDING_MASK[..., np.newaxis], inputs, 100.0)
    outputs = np.array(layer(inputs, padding_mask=PADDING_MASK))
    np.testing.assert_array_equal(layer(changed, padding_mask=PADDING_MASK)[PADDING_MASK], outputs[PADDING_MASK])


@pytest.mark.parametrize("normalize_first", [False, True])
def test_with_a_causal_mask_an_output_depends_on_no_later_position(inputs, normalize_first):
    layer = TransformerEncoder(32, 4, normalize_first=normalize_first)
    changed = inputs.copy()
    changed[:, 4:] *= -1.0
    outputs, scores = layer(inputs, use_causal_mask=True, return_attention_scores=True)
    np.testing.assert_array_equal(layer(changed, use_causal_mask=True)[:, :4], outputs[:, :4])
    assert not np.allclose(layer(changed)[:, :4], layer(inputs)[:, :4], atol=1e-3)
    assert (np.triu(np.array(scores), 1) == 0).all()


def test_the_causal_mask_is_that_of_the_oracle(inputs, randomize, oracle):
    ours, theirs = TransformerEncoder(32, 4), oracle.encoder_block(32, 4)
    ours.build(inputs.shape)
    theirs.build(inputs.shape)
    randomize(ours)
    oracle.copy_block(ours, theirs)
    triangle = np.broadcast_to(np.tril(np.ones((7, 7), bool)), (2, 7, 7))
    expected = theirs(inputs, attention_mask=triangle)
    np.testing.assert_allclose(ours(inputs, use_causal_mask=True), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("normalize_first", [False, True])
def test_the_mask_of_a_keras_embedding_is_honoured_through_a_stack(normalize_first):
    token_ids = keras.Input((None,), dtype="int32")
    first, second = (TransformerEncoder(32, 4, normalize_first=normalize_first) for _ in range(2))
    embedded = keras.layers.Embedding(9, 16, mask_zero=True)(token_ids)
    model = keras.Model(token_ids, [embedded, second(first(embedded))])
    embedded, outputs = model(np.array([[3, 4, 0, 0]]))
    mask, inputs = np.array([[True, True, False, False]]), np.array(embedded)
    explicit = second(first(inputs, padding_mask=mask), padding_mask=mask)
    np.testing.assert_array_equal(outputs, explicit)
    assert not np.allclose(outputs, second(first(inputs)), atol=1e-5)


def test_num_heads_must_divide_the_width(inputs):
    with pytest.raises(ValueError, match=r"divisible by `num_heads`. Received: hidden_dim=16, num_heads=5"):
        TransformerEncoder(32, 5)(inputs)


@pytest.mark.parametrize("name", ["dropout", "attention_dropout", "intermediate_dropout"])
def test_a_rate_out_of_range_is_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 0 and below 1. Received: {name}=1.5"):
        TransformerEncoder(8, 2, **{name: 1.5})


def test_an_input_without_a_width_of_its_own_is_refused():
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        TransformerEncoder(8, 2)(np.zeros((2, 8), "float32"))
