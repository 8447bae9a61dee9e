"""The hypotheses of a beam and the selection of their continuations."""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_transformer.special_tokens import END_ID, START_ID


class Beam(NamedTuple):
    """The `beam_size` hypotheses of every sentence, live and finished together.

    Args:
        token_ids: `(batch, beam_size)` int32, the last token of every hypothesis, 0 after its end.
        log_probs: `(batch, beam_size)` float32, log-probability of a live hypothesis, minus infinity otherwise.
        scores: `(batch, beam_size)` float32, score of a finished hypothesis, minus infinity otherwise.
        history: `(batch, beam_size, steps)` int32, all tokens after the start token.
    """

    token_ids: tf.Tensor
    log_probs: tf.Tensor
    scores: tf.Tensor
    history: tf.Tensor


def first_beam(has_source, beam_size, token_id=START_ID, all_live=False):
    """Returns a beam with one live hypothesis, the token `token_id`, for each sentence that `has_source` `(batch,)`.

    With `all_live`, all hypotheses of the sentence are live, as independent samples.
    """
    batch_size = tf.shape(has_source)[0]
    is_first = tf.fill((beam_size,), True) if all_live else tf.equal(tf.range(beam_size), 0)
    is_live = tf.logical_and(tf.expand_dims(has_source, 1), tf.expand_dims(is_first, 0))
    return Beam(
        token_ids=tf.fill((batch_size, beam_size), token_id),
        log_probs=tf.where(is_live, 0.0, -math.inf),
        scores=tf.fill((batch_size, beam_size), -math.inf),
        history=tf.zeros((batch_size, beam_size, 0), tf.int32),
    )


def beam_shapes(beam_size):
    """Returns the shapes of a `Beam`, for `tf.while_loop`."""
    flat = tf.TensorShape((None, beam_size))
    return Beam(flat, flat, flat, tf.TensorShape((None, beam_size, None)))


def advance(beam, tokens, penalty, may_continue):
    """Selects the best continuations.

    The candidates are every finished hypothesis, every live hypothesis with the end token, and every live hypothesis
    with each of its best tokens.

    Args:
        beam: the `Beam` before the step.
        tokens: `TopTokens` of its hypotheses, `batch * beam_size` rows.
        penalty: scalar float32, the divisor of the log-probability of the continuations.
        may_continue: `(batch,)` booleans, False if only the end token can follow.

    Returns:
        The new `Beam`, best first, and the slot that each hypothesis continues, `(batch, beam_size)` int32.
    """
    beam_size, count = beam.log_probs.shape[1], tokens.token_ids.shape[1]
    shape = (-1, beam_size * count)
    with_end = beam.log_probs + tf.reshape(tokens.end_log_probs, (-1, beam_size))
    with_token = tf.expand_dims(beam.log_probs, 2) + tf.reshape(tokens.log_probs, (-1, beam_size, count))
    with_token = tf.where(tf.expand_dims(may_continue, 1), tf.reshape(with_token, shape), -math.inf)

    nothing = tf.fill(tf.shape(beam.scores), -math.inf)
    scores, chosen = tf.math.top_k(
        tf.concat([beam.scores, with_end / penalty, with_token / penalty], axis=1), beam_size
    )
    parents = np.concatenate([np.arange(beam_size), np.arange(beam_size), np.repeat(np.arange(beam_size), count)])
    parents = tf.gather(parents.astype("int32"), chosen)
    ends = np.repeat(np.array([0, END_ID], "int32"), beam_size)
    ends = tf.broadcast_to(tf.constant(ends), (tf.shape(beam.scores)[0], 2 * beam_size))
    candidate_ids = tf.concat([ends, tf.reshape(tokens.token_ids, shape)], axis=1)
    # A hypothesis that does not exist has the score minus infinity. Its tokens must be padding.
    exists = tf.greater(scores, -math.inf)
    token_ids = tf.where(exists, tf.gather(candidate_ids, chosen, batch_dims=1), 0)
    log_probs = tf.gather(tf.concat([nothing, nothing, with_token], axis=1), chosen, batch_dims=1)
    scores = tf.where(tf.less(chosen, 2 * beam_size), scores, -math.inf)
    history = beam.history if beam_size == 1 else tf.gather(beam.history, parents, batch_dims=1)
    history = tf.concat([history, tf.expand_dims(token_ids, 2)], axis=2)
    return Beam(token_ids, log_probs, scores, history), parents


def is_live(beam):
    """Returns whether each sentence has live hypotheses, `(batch,)` booleans."""
    return tf.reduce_any(tf.greater(beam.log_probs, tf.float32.min), axis=1)


def stop_early(beam, n_best, largest_penalties):
    """Ends the search of sentences whose `n_best` hypotheses can no longer be surpassed.

    The score of a live hypothesis is at most its log-probability divided by the largest penalty of greater lengths,
    because every further token lowers its probability.

    Args:
        beam: the `Beam`.
        n_best: number of requested hypotheses.
        largest_penalties: `(batch,)` float32, the largest penalty from the current to the maximum length.

    Returns:
        The `Beam` without the live hypotheses of those sentences.
    """
    worst_wanted = tf.math.top_k(beam.scores, n_best).values[:, -1]
    reachable = tf.reduce_max(beam.log_probs, axis=1) / largest_penalties
    is_done = tf.greater_equal(worst_wanted, reachable)
    return beam._replace(log_probs=tf.where(tf.expand_dims(is_done, 1), -math.inf, beam.log_probs))
