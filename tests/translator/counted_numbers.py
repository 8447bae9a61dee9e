"""Pairs of the words of numbers, and a model of their size."""

import itertools

from keras_transformer.models import TransformerConfig

NUMBERS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf", "six": "sechs", "ten": "zehn"}
PAIRS = [
    (" ".join(words), " ".join(NUMBERS[word] for word in words))
    for length in (1, 2, 3)
    for words in itertools.product(NUMBERS, repeat=length)
]
TEXTS = ["six", "", "one two three", "ten ten", "four five", "   ", "two", "five one six", "three ten two", "one"]
MAX_LENGTH = 16


def tiny_config(**fields):
    sizes = {"num_encoder_layers": 1, "num_decoder_layers": 1, "hidden_dim": 32, "intermediate_dim": 64, "num_heads": 2}
    return TransformerConfig(**{**sizes, "dropout": 0.0, "normalize_first": True, "max_length": MAX_LENGTH, **fields})
