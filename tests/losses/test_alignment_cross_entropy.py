"""The loss of attention towards alignments, against loops in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.losses import alignment_cross_entropy

GENERATOR = np.random.default_rng(0)
ALIGNMENTS = (GENERATOR.random((3, 5, 4)) < 0.3).astype("int8")


def attention(num_heads):
    logits = GENERATOR.normal(0, 2, (3, num_heads, 5, 4)).astype("float32")
    scores = np.exp(logits)
    return scores / scores.sum(axis=-1, keepdims=True)


def losses_in_loops(alignments, scores):
    losses = np.zeros(alignments.shape[:2])
    for row, target in np.ndindex(*losses.shape):
        linked = [source for source in range(alignments.shape[2]) if alignments[row, target, source]]
        for source in linked:
            losses[row, target] -= np.log(scores[row, :, target, source].mean()) / len(linked)
    return losses


@pytest.mark.parametrize("num_heads", [1, 3])
def test_the_loss_is_the_cross_entropy_of_the_mean_attention(num_heads):
    scores = attention(num_heads)
    expected = losses_in_loops(ALIGNMENTS, scores)
    assert (expected == 0).any()
    assert (expected > 0).any()
    np.testing.assert_allclose(alignment_cross_entropy(ALIGNMENTS, np.log(scores)), expected, rtol=1e-5)


@pytest.mark.parametrize("num_heads", [1, 3])
def test_hidden_source_tokens_have_no_effect(num_heads):
    logits = tf.Variable(GENERATOR.normal(0, 2, (3, num_heads, 5, 4)).astype("float32"))
    hidden = np.array([0, 0, 0, -1.7e38], "float32")
    alignments = ALIGNMENTS * np.array([1, 1, 1, 0], "int8")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(alignment_cross_entropy(alignments, tf.nn.log_softmax(logits + hidden)))
    gradient = tape.gradient(loss, logits).numpy()
    scores = tf.nn.softmax(logits + hidden).numpy()
    np.testing.assert_allclose(loss, losses_in_loops(alignments, scores).sum(), rtol=1e-5)
    assert np.isfinite(gradient).all()
    assert (gradient[..., 3] == 0).all()
    assert (gradient[..., 0] != 0).any()
