"""Tests of the expected risk: its value by the definition, and the signs of its gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.losses import ExpectedRisk, SmoothedCrossEntropy

VOCABULARY = 11
# Two sources, each with its reference and two candidates.
LABELS = np.array([[5, 6, 7, 3], [5, 6, 3, 0], [8, 9, 10, 3], [4, 3, 0, 0], [5, 3, 0, 0], [4, 3, 0, 0]])
QUALITIES = np.array([1.0, 0.7, 0.1, 1.0, 0.2, 1.0], "float32")


@pytest.fixture
def logits():
    return tf.constant(np.random.default_rng(0).normal(0, 1, (6, 4, VOCABULARY)), "float32")


def log_probabilities(logits):
    """The mean log-probability of each row's tokens, and the number of them."""
    of_tokens = tf.gather(tf.nn.log_softmax(logits), LABELS[..., None], batch_dims=2).numpy()[..., 0] * (LABELS > 0)
    lengths = (LABELS > 0).sum(axis=1)
    return of_tokens.sum(axis=1) / lengths, lengths


def test_the_loss_is_the_sum_of_risk_and_cross_entropy(logits):
    means, lengths = log_probabilities(logits)
    risks = []
    for first in (0, 3):
        shares = np.exp(5.0 * means[first + 1 : first + 3])
        risks.append(np.sum(shares / shares.sum() * (1 - QUALITIES[first + 1 : first + 3])))
    of_references = -(means * lengths)[[0, 3]].sum() / lengths[[0, 3]].sum()
    found = ExpectedRisk(2, sharpness=5.0, cross_entropy=0.3)(LABELS, logits, QUALITIES)
    np.testing.assert_allclose(found, np.mean(risks) + 0.3 * of_references, rtol=1e-5)


def test_a_step_against_the_gradient_raises_the_better_candidate(logits):
    loss = ExpectedRisk(2, cross_entropy=0.0, label_smoothing=0.1)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(LABELS, logits, QUALITIES)
    gradient = tape.gradient(value, logits)
    before, _ = log_probabilities(logits)
    after, _ = log_probabilities(logits - gradient)
    assert list(np.sign(after - before)) == [0, 1, -1, 0, -1, 1]
    assert np.all(gradient.numpy()[LABELS == 0] == 0)


def test_candidates_of_one_quality_are_left_alone(logits):
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = ExpectedRisk(2, cross_entropy=0.0)(LABELS, logits, np.full(6, 0.4, "float32"))
    np.testing.assert_allclose(value, 0.6, rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(value, logits), 0, atol=1e-6)


def test_without_qualities_it_is_the_cross_entropy(logits):
    found = ExpectedRisk(2, label_smoothing=0.1)(LABELS, logits)
    np.testing.assert_allclose(found, SmoothedCrossEntropy(0.1)(LABELS, logits), rtol=1e-6)


def test_config_round_trip():
    loss = ExpectedRisk(4, sharpness=2.0, cross_entropy=0.5, label_smoothing=0.2)
    restored = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(restored, ExpectedRisk)
    assert restored.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": 1}, "`candidates` must be at least 2. Received: candidates=1"),
        ({"candidates": 2, "sharpness": 0}, "`sharpness` must be above 0"),
        ({"candidates": 2, "cross_entropy": -1}, "`cross_entropy` must not be negative"),
    ],
)
def test_numbers_out_of_range_are_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        ExpectedRisk(**arguments)


def test_a_divided_group_of_candidates_is_an_error():
    with pytest.raises(ValueError, match="whole groups .* of 3 rows.*Received: 4 rows"):
        ExpectedRisk(2)(np.ones((4, 5)), np.zeros((4, 5, 9), "float32"), np.ones(4))
