"""Draws tokens at random from the distribution of the model."""

import math

import tensorflow as tf

from keras_transformer.generation.beam import Beam
from keras_transformer.generation.token_rules import normalizers_of
from keras_transformer.generation.top_tokens import top_k as top_k_of
from keras_transformer.special_tokens import END_ID


def drawn_tokens(allowed, numbers, temperature=1.0, top_k=None, top_p=None):
    """Draws a token for every row.

    The logits are divided by the temperature. Tokens after the most probable `top_k` are dropped, then tokens after
    the smallest set of probability `top_p`. The probabilities of the others are normalised again.

    Args:
        allowed: `(rows, vocabulary_size)` float32, see `allowed_logits`.
        numbers: `(rows,)` float32, uniform random numbers from 0 to 1, without 1.
        temperature: divisor of the logits. Default 1.
        top_k: number of most probable tokens to keep. Default None: all.
        top_p: probability of the most probable tokens to keep. Default None: all.

    Returns:
        `(rows,)` int32.

    Reference:
        Fan et al. 2018 (arXiv 1805.04833) for `top_k`; Holtzman et al. 2020 (arXiv 1904.09751) for `top_p`.
    """
    vocabulary_size = allowed.shape[-1]
    is_sorted = top_k is not None or top_p is not None
    token_ids = None
    if is_sorted:
        count = vocabulary_size if top_k is None else min(top_k, vocabulary_size)
        allowed, token_ids = top_k_of(allowed, count)
    probabilities = tf.nn.softmax(allowed / temperature)
    if top_p is not None:
        before = tf.cumsum(probabilities, axis=1, exclusive=True)
        probabilities = tf.where(before < top_p, probabilities, 0.0)
    # The first token whose cumulative probability exceeds the number. Its own probability is therefore above 0.
    cumulative = tf.cumsum(probabilities, axis=1)
    threshold = tf.expand_dims(numbers, 1) * cumulative[:, -1:]
    place = tf.reduce_sum(tf.cast(cumulative <= threshold, tf.int32), axis=1)
    return tf.gather(token_ids, place, batch_dims=1) if is_sorted else place


def continue_samples(beam, logits, token_ids, penalty, may_continue):
    """Appends a drawn token to every live hypothesis. Each hypothesis is a sample, independent of the others.

    Args:
        beam: the `Beam` before the step.
        logits: `(batch * samples, vocabulary_size)` float32, the model's.
        token_ids: `(batch * samples,)` int32, the drawn tokens.
        penalty: scalar float32, the divisor of the log-probability of an ended sample.
        may_continue: `(batch,)` booleans, False if only the end token can follow.

    Returns:
        The new `Beam`.
    """
    samples = beam.log_probs.shape[1]
    token_ids = tf.where(tf.expand_dims(may_continue, 1), tf.reshape(token_ids, (-1, samples)), END_ID)
    log_probs = tf.gather(logits, tf.reshape(token_ids, (-1, 1)), batch_dims=1) - normalizers_of(logits)
    log_probs = beam.log_probs + tf.reshape(log_probs, (-1, samples))
    is_live = beam.log_probs > -math.inf
    is_end = tf.logical_and(is_live, tf.equal(token_ids, END_ID))
    token_ids = tf.where(is_live, token_ids, 0)
    return Beam(
        token_ids=token_ids,
        log_probs=tf.where(is_end, -math.inf, log_probs),
        scores=tf.where(is_end, log_probs / penalty, beam.scores),
        history=tf.concat([beam.history, tf.expand_dims(token_ids, 2)], axis=2),
    )
