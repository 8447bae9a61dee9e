"""Generation: beam search inside the TensorFlow graph, the same for Python, SavedModel and TFLite."""

from keras_transformer.generation.cross_attention import cross_attention
from keras_transformer.generation.generator import Generator
from keras_transformer.generation.hypotheses import Hypotheses

__all__ = ["Generator", "Hypotheses", "cross_attention"]
