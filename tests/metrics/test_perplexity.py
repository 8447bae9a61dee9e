"""Tests of perplexity: against the loss, against the oracle, and over batches of different size."""

import keras
import numpy as np
import pytest

from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity

LABELS = np.array([[5, 6, 7, 3], [9, 3, 0, 0]])
LOGITS = np.random.default_rng(0).normal(0, 2, (2, 4, 11)).astype("float32")


def test_it_is_the_exponential_of_the_unsmoothed_loss():
    loss = SmoothedCrossEntropy(0.0)(LABELS, LOGITS)
    np.testing.assert_allclose(Perplexity()(LABELS, LOGITS), np.exp(loss), rtol=1e-6)


@pytest.mark.parametrize("weights", [None, np.array([[1.0, 0.0, 2.0, 1.0], [3.0, 0.5, 9.0, 9.0]], "float32")])
def test_it_is_that_of_the_oracle(weights, oracle):
    ours, theirs = Perplexity(), oracle.perplexity()
    for labels, logits in [(LABELS, LOGITS), (LABELS[::-1], LOGITS)]:
        ours.update_state(labels, logits, sample_weight=weights)
        theirs.update_state(labels, logits, sample_weight=weights)
    np.testing.assert_allclose(ours.result(), float(theirs.result()), rtol=1e-5)


def test_a_uniform_guess_has_the_perplexity_of_the_vocabulary():
    np.testing.assert_allclose(Perplexity()(LABELS, np.zeros((2, 4, 11))), 11, rtol=1e-6)


def test_batches_weigh_by_their_tokens():
    metric = Perplexity()
    metric.update_state(LABELS[:1], LOGITS[:1])
    metric.update_state(LABELS[1:, :3], LOGITS[1:, :3])
    np.testing.assert_allclose(metric.result(), float(Perplexity()(LABELS, LOGITS)), rtol=1e-6)


def test_sample_weights_of_whole_rows_weigh_their_tokens():
    found = Perplexity()(LABELS, LOGITS, sample_weight=np.array([1.0, 0.0]))
    np.testing.assert_allclose(found, float(Perplexity()(LABELS[:1], LOGITS[:1])), rtol=1e-6)


def test_reset_forgets_and_padding_alone_gives_one():
    metric = Perplexity()
    metric.update_state(LABELS, LOGITS)
    metric.reset_state()
    assert metric(0 * LABELS, LOGITS) == 1


def test_config_round_trip():
    metric = keras.metrics.deserialize(keras.metrics.serialize(Perplexity(name="ppl")))
    assert isinstance(metric, Perplexity)
    assert metric.name == "ppl"
