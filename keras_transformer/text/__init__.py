"""Learns vocabularies, and tokenizes text inside the graph."""

from keras_transformer.text.learn_vocabulary import learn_vocabulary
from keras_transformer.text.sentences import split_sentences
from keras_transformer.text.text_facts import TextFacts
from keras_transformer.text.tokenizer import Tokenizer
from keras_transformer.text.tokenizers import Tokenizers

__all__ = ["TextFacts", "Tokenizer", "Tokenizers", "learn_vocabulary", "split_sentences"]
