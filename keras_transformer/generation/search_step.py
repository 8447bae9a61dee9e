from typing import NamedTuple

import tensorflow as tf

from keras_transformer.generation.beam import Beam
from keras_transformer.generation.top_tokens import TopTokens


class SearchStep(NamedTuple):
    """A step of the beam search, as `observed` of `keras_transformer.layers.observation` hands it out.

    Args:
        tokens: the `TopTokens` of the hypotheses before the step, `batch * beam_size` rows.
        penalty: scalar float32, the divisor of the log-probability of the continuations.
        chosen: the `Beam` of the best continuations.
        parents: `(batch, beam_size)` int32, the slot that each of them continues.
        beam: the `Beam` after the step, without the hypotheses that can no longer surpass the finished ones.
    """

    tokens: TopTokens
    penalty: tf.Tensor
    chosen: Beam
    parents: tf.Tensor
    beam: Beam
