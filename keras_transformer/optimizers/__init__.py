"""Optimizers."""

from keras_transformer.optimizers.fused_adam import FusedAdam

__all__ = ["FusedAdam"]
