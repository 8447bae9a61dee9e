"""Tests of R-Drop: its value and gradient by the definition, and the cross-entropy without dropout."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.losses import RDropCrossEntropy, SmoothedCrossEntropy, token_divergence

VOCABULARY = 11
LABELS = np.repeat([[5, 6, 7, 3], [9, 3, 0, 0]], 2, axis=0)


@pytest.fixture
def logits():
    return tf.constant(np.random.default_rng(0).normal(0, 3, (4, 4, VOCABULARY)), "float32")


def written_out_divergence(logits):
    """Both Kullback-Leibler divergences of every pair of rows by the definition."""
    first, second = (tf.nn.log_softmax(logits[copy::2]) for copy in (0, 1))
    there = tf.reduce_sum(tf.exp(first) * (first - second), axis=-1)
    return there + tf.reduce_sum(tf.exp(second) * (second - first), axis=-1)


def value_and_gradient(function, logits):
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = function(logits)
    return value, tape.gradient(value, logits)


@pytest.mark.parametrize("compiled", [False, True])
def test_divergence_and_its_gradient_are_those_of_the_written_out_formula(logits, compiled):
    upstream = np.random.default_rng(1).normal(size=(2, 4)).astype("float32")
    found_of = tf.function(token_divergence, jit_compile=True) if compiled else token_divergence
    found = value_and_gradient(lambda x: found_of(x) * upstream, logits)
    expected = value_and_gradient(lambda x: written_out_divergence(x) * upstream, logits)
    for found_part, expected_part in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_part, expected_part, rtol=1e-4, atol=1e-5)


def test_loss_is_half_of_the_papers(logits):
    real = LABELS[::2] > 0
    cross_entropies = -tf.gather(tf.nn.log_softmax(logits), LABELS[..., None], batch_dims=2)[..., 0]
    of_the_paper = cross_entropies[::2] + cross_entropies[1::2] + 5.0 * written_out_divergence(logits) / 2
    found = RDropCrossEntropy(alpha=5.0)(LABELS, logits)
    np.testing.assert_allclose(found, of_the_paper.numpy()[real].mean() / 2, rtol=1e-5)


def test_equal_passes_leave_the_cross_entropy(logits):
    logits = tf.repeat(logits[::2], 2, axis=0)
    found = RDropCrossEntropy(alpha=5.0, label_smoothing=0.1)(LABELS, logits)
    np.testing.assert_allclose(found, SmoothedCrossEntropy(0.1)(LABELS, logits), rtol=1e-6)


def test_other_sentences_in_every_row_leave_the_cross_entropy(logits):
    labels = np.array([[5, 6, 7, 3], [9, 3, 0, 0], [5, 5, 3, 0], [5, 6, 3, 0]])
    found = RDropCrossEntropy(alpha=5.0)(labels, logits)
    np.testing.assert_allclose(found, SmoothedCrossEntropy()(labels, logits), rtol=1e-6)


def test_padding_has_no_gradient(logits):
    _, gradient = value_and_gradient(lambda x: RDropCrossEntropy()(LABELS, x), logits)
    assert np.all(gradient.numpy()[LABELS == 0] == 0)
    assert np.all(np.any(gradient.numpy()[LABELS > 0] != 0, axis=-1))


def test_large_logits_stay_finite(logits):
    loss, gradient = value_and_gradient(lambda x: RDropCrossEntropy()(LABELS, x), logits * 1e4)
    assert np.isfinite(loss)
    assert np.all(np.isfinite(gradient))


def test_config_round_trip():
    loss = RDropCrossEntropy(alpha=2.5, label_smoothing=0.2)
    restored = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(restored, RDropCrossEntropy)
    assert restored.get_config() == loss.get_config()


def test_negative_alpha_is_an_error():
    with pytest.raises(ValueError, match="`alpha` must not be negative. Received: alpha=-1"):
        RDropCrossEntropy(alpha=-1)


def test_a_divided_pair_is_an_error():
    with pytest.raises(ValueError, match="whole pairs of 2 rows.*Received: 3 rows"):
        RDropCrossEntropy()(np.ones((3, 4)), np.zeros((3, 4, 9), "float32"))
