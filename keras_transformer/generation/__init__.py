"""Beam search inside the TensorFlow graph, for Python, SavedModel and TFLite."""

from keras_transformer.generation.cross_attention import cross_attention
from keras_transformer.generation.generator import Generator
from keras_transformer.generation.hypotheses import Hypotheses
from keras_transformer.generation.search_settings import SearchSettings

__all__ = ["Generator", "Hypotheses", "SearchSettings", "cross_attention"]
