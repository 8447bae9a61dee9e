"""Losses over token logits."""

from keras_transformer.losses.smoothed_cross_entropy import SmoothedCrossEntropy, token_cross_entropy, token_weights

__all__ = ["SmoothedCrossEntropy", "token_cross_entropy", "token_weights"]
