"""Metrics over token logits. Padding is ignored."""

from keras_transformer.metrics.perplexity import Perplexity
from keras_transformer.metrics.token_accuracy import TokenAccuracy

__all__ = ["Perplexity", "TokenAccuracy"]
