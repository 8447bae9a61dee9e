import itertools
import random

import keras
import pytest
from counted_numbers import MAX_LENGTH, PAIRS, tiny_config

from keras_transformer.data import listed_pairs, token_batches
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.models import build_transformer
from keras_transformer.text import learn_vocabulary
from keras_transformer.translator import Translator


@pytest.fixture(scope="session")
def tokenizer():
    return learn_vocabulary(itertools.chain.from_iterable(PAIRS), vocabulary_size=290)


@pytest.fixture(scope="session")
def translator(tokenizer):
    """A translator that has learned to count, with some wrong translations."""
    keras.utils.set_random_seed(0)
    model = build_transformer(tiny_config(vocabulary_size=tokenizer.vocabulary_size))
    model.compile(keras.optimizers.Adam(0.01), loss=SmoothedCrossEntropy(0.1), jit_compile=False)
    pairs = listed_pairs(random.Random(0).sample(PAIRS, len(PAIRS)))
    batches = token_batches(
        pairs, tokenizer, batch_tokens=1024, max_length=MAX_LENGTH, shuffle=True, steps_per_epoch=100
    )
    model.fit(batches, shuffle=False, verbose=0)
    return Translator(model, tokenizer)


@pytest.fixture(scope="session")
def two_vocabularies(tokenizer):
    """An untrained translator with one vocabulary per language."""
    target_tokenizer = learn_vocabulary([target for _, target in PAIRS], vocabulary_size=280)
    config = tiny_config(vocabulary_size=290, target_vocabulary_size=280)
    return Translator(build_transformer(config), tokenizer, target_tokenizer)
