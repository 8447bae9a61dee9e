import itertools

import pytest
from pair_cases import PAIRS

from keras_transformer.data import streamed_batches
from keras_transformer.text import learn_vocabulary


@pytest.fixture(scope="session")
def tokenizer():
    """One of the words of `PAIRS`."""
    return learn_vocabulary(itertools.chain(*PAIRS), vocabulary_size=330)


@pytest.fixture
def small_pools(monkeypatch):
    monkeypatch.setattr(streamed_batches, "POOL_LINES", 100)
    monkeypatch.setattr(streamed_batches, "SHUFFLE_LINES", 400)
