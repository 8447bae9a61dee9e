from typing import NamedTuple

import tensorflow as tf


class Hypotheses(NamedTuple):
    """The translations that beam search found, best first.

    Args:
        token_ids: `(batch, n_best, length)` int32, without the start token, with the end token, padded with 0 behind
            it. All 0 where the source is empty or where fewer hypotheses exist than were asked for.
        scores: `(batch, n_best)` float32, the log-probability over the length penalty; 0 where the source is empty,
            minus infinity where fewer hypotheses exist than were asked for.
    """

    token_ids: tf.Tensor
    scores: tf.Tensor
