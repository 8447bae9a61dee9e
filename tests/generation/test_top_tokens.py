import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.generation.top_tokens import top_k, top_tokens
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS


@pytest.mark.parametrize("vocabulary_size", [9, 511, 512, 1000, 1009, 5003])
@pytest.mark.parametrize("k", [1, 5, 9])
def test_top_k_in_two_levels_is_exact(vocabulary_size, k):
    logits = np.random.default_rng(1).normal(size=(6, vocabulary_size)).astype("float32")
    values, indices = top_k(tf.constant(logits), k)
    expected = tf.math.top_k(logits, k)
    np.testing.assert_array_equal(values, expected.values)
    np.testing.assert_array_equal(indices, expected.indices)


@pytest.mark.parametrize("vocabulary_size", [30, 1009])
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_top_tokens_are_those_of_the_log_softmax(vocabulary_size, scale):
    logits = np.random.default_rng(2).normal(size=(8, vocabulary_size)).astype("float32") * scale
    logits[0, :NUM_SPECIAL_TOKENS] += 9.0
    expected = tf.nn.log_softmax(tf.constant(logits, tf.float64)).numpy()
    found = top_tokens(tf.constant(logits), count=3)
    np.testing.assert_allclose(found.end_log_probs, expected[:, END_ID], rtol=1e-5, atol=1e-5)
    for log_probs, token_ids, row in zip(found.log_probs.numpy(), found.token_ids.numpy(), expected):
        order = np.argsort(-log_probs)[:3]
        best = NUM_SPECIAL_TOKENS + np.argsort(-row[NUM_SPECIAL_TOKENS:])[:3]
        np.testing.assert_array_equal(token_ids[order], best)
        np.testing.assert_allclose(log_probs[order], row[best], rtol=1e-5, atol=1e-5)
