"""Losses over token logits."""

from keras_transformer.losses.expected_risk import ExpectedRisk
from keras_transformer.losses.r_drop_cross_entropy import RDropCrossEntropy, token_divergence
from keras_transformer.losses.smoothed_cross_entropy import (
    SmoothedCrossEntropy,
    take_labels,
    token_cross_entropy,
    token_weights,
)

__all__ = [
    "ExpectedRisk",
    "RDropCrossEntropy",
    "SmoothedCrossEntropy",
    "take_labels",
    "token_cross_entropy",
    "token_divergence",
    "token_weights",
]
