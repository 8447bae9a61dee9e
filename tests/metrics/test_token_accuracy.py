"""Tests of token accuracy."""

import keras
import numpy as np
import pytest

from keras_transformer.metrics import TokenAccuracy

LABELS = np.array([[5, 6, 7], [9, 0, 0]])
LOGITS = np.eye(11, dtype="float32")[[[5, 6, 1], [9, 1, 0]]]


def test_it_is_the_part_of_real_tokens_that_are_right():
    np.testing.assert_allclose(TokenAccuracy()(LABELS, LOGITS), 3 / 4, rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "expected"), [(np.array([1.0, 0.0]), 2 / 3), (np.array([[1, 0, 3], [1, 5, 5]]), 2 / 5)]
)
def test_sample_weights_weigh_the_tokens(weights, expected):
    np.testing.assert_allclose(TokenAccuracy()(LABELS, LOGITS, sample_weight=weights), expected, rtol=1e-6)


def test_batches_weigh_by_their_tokens():
    metric = TokenAccuracy()
    for row in (0, 1):
        metric.update_state(LABELS[row : row + 1], LOGITS[row : row + 1])
    np.testing.assert_allclose(metric.result(), 3 / 4, rtol=1e-6)


def test_reset_forgets_and_padding_alone_gives_zero():
    metric = TokenAccuracy()
    metric.update_state(LABELS, LOGITS)
    metric.reset_state()
    assert metric(0 * LABELS, LOGITS) == 0


def test_labels_and_logits_may_be_of_any_precision():
    found = TokenAccuracy()(LABELS.astype("float32"), keras.ops.cast(LOGITS, "bfloat16"))
    np.testing.assert_allclose(found, 3 / 4, rtol=1e-6)


def test_config_round_trip():
    metric = keras.metrics.deserialize(keras.metrics.serialize(TokenAccuracy(name="accuracy")))
    assert isinstance(metric, TokenAccuracy)
    assert metric.name == "accuracy"
