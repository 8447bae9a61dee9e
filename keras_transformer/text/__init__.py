"""Text and tokens: learning a vocabulary, and tokenizing inside the graph."""

from keras_transformer.text.learn_vocabulary import learn_vocabulary
from keras_transformer.text.tokenizer import Tokenizer

__all__ = ["Tokenizer", "learn_vocabulary"]
