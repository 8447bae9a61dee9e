"""Tests of the loss: its value and gradient, ignored padding, and large logits."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.losses import SmoothedCrossEntropy, token_cross_entropy, token_weights

VOCABULARY = 11
LABELS = np.array([[5, 6, 7, 3], [9, 3, 0, 0]])
SMOOTHINGS = pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5])


@pytest.fixture
def logits():
    return tf.constant(np.random.default_rng(0).normal(0, 3, (2, 4, VOCABULARY)), "float32")


def written_out(labels, logits, label_smoothing):
    """The losses of the tokens by the definition, from one-hot labels."""
    smoothed = (1 - label_smoothing) * tf.one_hot(labels, VOCABULARY) + label_smoothing / VOCABULARY
    return -tf.reduce_sum(smoothed * tf.nn.log_softmax(logits), axis=-1)


def value_and_gradient(function, logits):
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = function(logits)
    return value, tape.gradient(value, logits)


@SMOOTHINGS
def test_value_is_that_of_keras_averaged_over_real_tokens(logits, label_smoothing):
    reference = keras.losses.CategoricalCrossentropy(True, label_smoothing, reduction="none")
    losses = np.array(reference(tf.one_hot(LABELS, VOCABULARY), logits))
    found = SmoothedCrossEntropy(label_smoothing)(LABELS, logits)
    np.testing.assert_allclose(found, losses[LABELS > 0].mean(), rtol=1e-6)


@SMOOTHINGS
def test_gradient_is_that_of_the_written_out_formula(logits, label_smoothing):
    upstream = np.random.default_rng(1).normal(size=LABELS.shape).astype("float32")
    found = value_and_gradient(lambda x: token_cross_entropy(LABELS, x, label_smoothing) * upstream, logits)
    # Padding has no loss with any setting.
    upstream_of_tokens = upstream * (LABELS > 0)
    expected = value_and_gradient(lambda x: written_out(LABELS, x, label_smoothing) * upstream_of_tokens, logits)
    for found_part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-5, atol=1e-6)


@SMOOTHINGS
def test_gradient_is_the_same_inside_a_compiled_graph(logits, label_smoothing):
    loss = SmoothedCrossEntropy(label_smoothing)
    expected = value_and_gradient(lambda x: loss(LABELS, x), logits)
    for jit_compile in (False, True):
        graph = tf.function(lambda x: value_and_gradient(lambda y: loss(LABELS, y), x), jit_compile=jit_compile)
        for found_part, expected_part in zip(graph(logits), expected, strict=True):
            np.testing.assert_allclose(found_part, expected_part, rtol=1e-5, atol=1e-6)


def test_padding_counts_neither_in_the_value_nor_in_the_gradient(logits):
    loss = SmoothedCrossEntropy(0.1)
    padding = (LABELS == 0)[..., np.newaxis]
    value, gradient = value_and_gradient(lambda x: loss(LABELS, x), logits)
    assert loss(LABELS, tf.where(padding, 100.0, logits)) == value
    assert (np.array(gradient)[1, 2:] == 0).all()
    assert (np.array(gradient)[0] != 0).all()
    padded_labels = np.pad(LABELS, [(0, 1), (0, 2)])
    np.testing.assert_allclose(loss(padded_labels, tf.pad(logits, [(0, 1), (0, 2), (0, 0)])), float(value), rtol=1e-6)


def test_padding_may_be_forbidden(logits):
    forbidden = tf.constant(np.where(np.arange(logits.shape[-1]) == 0, -np.inf, logits), tf.float32)
    value, gradient = value_and_gradient(lambda x: SmoothedCrossEntropy()(LABELS, x), forbidden)
    nearly, _ = value_and_gradient(lambda x: SmoothedCrossEntropy()(LABELS, x), tf.maximum(forbidden, -1e9))
    np.testing.assert_allclose(value, nearly, rtol=1e-6)
    assert np.isfinite(gradient).all()


def test_a_batch_of_padding_costs_nothing(logits):
    value, gradient = value_and_gradient(lambda x: SmoothedCrossEntropy(0.1)(0 * LABELS, x), logits)
    assert value == 0
    np.testing.assert_array_equal(gradient, np.zeros(logits.shape))


@pytest.mark.parametrize("weights", [np.array([2.0, 0.5]), np.array([[1.0, 0.0, 2.0, 1.0], [3.0, 0.5, 9.0, 9.0]])])
def test_sample_weights_weigh_the_tokens_of_the_average(logits, weights):
    losses = np.array(written_out(LABELS, logits, 0.1))
    tokens = np.broadcast_to(weights.reshape(2, -1), LABELS.shape) * (LABELS > 0)
    expected = (losses * tokens).sum() / tokens.sum()
    np.testing.assert_allclose(SmoothedCrossEntropy(0.1)(LABELS, logits, sample_weight=weights), expected, rtol=1e-5)


def test_token_weights_are_one_at_real_tokens_times_the_sample_weight():
    np.testing.assert_array_equal(token_weights(LABELS), [[1, 1, 1, 1], [1, 1, 0, 0]])
    np.testing.assert_array_equal(token_weights(LABELS, np.array([2, 3])), [[2, 2, 2, 2], [3, 3, 0, 0]])


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_large_logits_give_right_values_and_gradients(label_smoothing):
    labels = np.array([[1, 2]])
    logits = np.zeros((1, 2, 4), "float32")
    logits[0, :, 1], logits[0, :, 2] = 1e4, -1e4
    value, gradient = value_and_gradient(lambda x: token_cross_entropy(labels, x, label_smoothing), tf.constant(logits))
    # log Z is 1e4 and the mean logit 0, so that only the label's logit differs.
    np.testing.assert_allclose(value, [[1e4 - (1 - label_smoothing) * y for y in (1e4, -1e4)]], rtol=1e-6)
    spread = label_smoothing / 4
    expected = np.array([[0, 1, 0, 0]] * 2) - spread - (1 - label_smoothing) * np.eye(4)[[1, 2]]
    np.testing.assert_allclose(gradient[0], expected, atol=1e-6)


def test_small_losses_are_not_rounded_away():
    logits = tf.constant([[[0.0, 8.0, 0.0]]])
    np.testing.assert_allclose(token_cross_entropy([[1]], logits)[0, 0], np.log1p(2 * np.exp(-8)), rtol=2e-3)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_logits_are_computed_in_float32(logits, dtype):
    half = tf.cast(logits, dtype)
    value, gradient = value_and_gradient(lambda x: SmoothedCrossEntropy(0.1)(LABELS, x), half)
    expected, _ = value_and_gradient(lambda x: SmoothedCrossEntropy(0.1)(LABELS, x), tf.cast(half, "float32"))
    assert value.dtype == "float32"
    assert value == expected
    assert gradient.dtype == dtype
    assert np.isfinite(tf.cast(gradient, "float32")).all()


def test_labels_may_be_floats_as_keras_hands_them_over(logits):
    loss = SmoothedCrossEntropy(0.1)
    assert loss(LABELS.astype("float32"), logits) == loss(LABELS, logits)


def test_fit_reports_the_loss_of_a_call(logits):
    model = keras.Sequential([keras.Input((4, VOCABULARY)), keras.layers.Activation("linear")])
    model.compile("sgd", loss=SmoothedCrossEntropy(0.1))
    found = model.evaluate(logits, LABELS, verbose=0)
    np.testing.assert_allclose(found, float(SmoothedCrossEntropy(0.1)(LABELS, logits)), rtol=1e-6)


def test_no_one_hot_labels_are_made():
    @tf.function
    def step(labels, logits):
        return value_and_gradient(lambda x: SmoothedCrossEntropy(0.1)(labels, x), logits)

    graph = step.get_concrete_function(
        tf.TensorSpec((None, None), "float32"), tf.TensorSpec((None, None, VOCABULARY), "float32")
    ).graph
    operations = {operation.type for operation in graph.get_operations()}
    assert "Softmax" in operations
    assert "OneHot" not in operations


def test_serialisation_keeps_the_smoothing():
    loss = keras.losses.deserialize(keras.losses.serialize(SmoothedCrossEntropy(0.2, name="mine")))
    assert isinstance(loss, SmoothedCrossEntropy)
    assert (loss.label_smoothing, loss.name) == (0.2, "mine")


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0])
def test_smoothing_must_be_at_least_zero_and_below_one(label_smoothing):
    with pytest.raises(ValueError, match=f"at least 0 and below 1. Received: label_smoothing={label_smoothing}"):
        SmoothedCrossEntropy(label_smoothing)
