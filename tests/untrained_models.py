"""A small model with random weights, and text that it translates."""

import keras

from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import learn_vocabulary
from keras_transformer.translator import Translator

WORDS = [
    "the",
    "cat",
    "sees",
    "a",
    "dog",
    "and",
    "child",
    "buys",
    "bread",
    "in",
    "this",
    "old",
    "house",
    "every",
    "day",
]


def lines_of(count, start=0):
    """Different lines of one to four words."""
    return [
        " ".join(WORDS[(number * 7 + place * (number % 5 + 1)) % len(WORDS)] for place in range(1 + number % 4))
        for number in range(start, start + count)
    ]


def save_untrained(folder):
    """Saves a small model with random weights, the same in each run. It translates different texts differently."""
    keras.utils.set_random_seed(7)
    tokenizer = learn_vocabulary(lines_of(40), vocabulary_size=290)
    config = TransformerConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=32,
        intermediate_dim=64,
        num_heads=2,
        max_length=24,
    )
    Translator(build_transformer(config), tokenizer).save(folder)
    return folder
