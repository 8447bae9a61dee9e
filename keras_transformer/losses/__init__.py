"""Losses over token logits."""

from keras_transformer.losses.alignment_cross_entropy import alignment_cross_entropy
from keras_transformer.losses.chunked_cross_entropy import ChunkedSum, chunked_cross_entropy
from keras_transformer.losses.expected_risk import ExpectedRisk
from keras_transformer.losses.label_softmax import take_labels
from keras_transformer.losses.r_drop_cross_entropy import RDropCrossEntropy, token_divergence
from keras_transformer.losses.smoothed_cross_entropy import (
    SmoothedCrossEntropy,
    token_cross_entropy,
    token_weights,
)

__all__ = [
    "ChunkedSum",
    "ExpectedRisk",
    "RDropCrossEntropy",
    "SmoothedCrossEntropy",
    "alignment_cross_entropy",
    "chunked_cross_entropy",
    "take_labels",
    "token_cross_entropy",
    "token_divergence",
    "token_weights",
]
