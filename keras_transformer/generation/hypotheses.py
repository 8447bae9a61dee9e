from typing import NamedTuple

import tensorflow as tf


class Hypotheses(NamedTuple):
    """The translations that beam search found, best first.

    Args:
        token_ids: `(batch, n_best, length)` int32, without the start token, with the end token, then padded with 0. All
            0 if the source is empty or if there are fewer hypotheses than requested.
        scores: `(batch, n_best)` float32, the log-probability divided by the length penalty. 0 if the source is empty,
            and minus infinity if there are fewer hypotheses than requested.
    """

    token_ids: tf.Tensor
    scores: tf.Tensor
