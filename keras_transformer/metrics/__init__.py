"""Metrics over token logits, which ignore padding, and scores of texts by sacreBLEU."""

from keras_transformer.metrics.perplexity import Perplexity
from keras_transformer.metrics.text_scores import corpus_scores
from keras_transformer.metrics.token_accuracy import TokenAccuracy

__all__ = ["Perplexity", "TokenAccuracy", "corpus_scores"]
