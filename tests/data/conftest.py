import itertools

import pytest
from pair_cases import PAIRS

from keras_transformer.text import learn_vocabulary


@pytest.fixture(scope="session")
def tokenizer():
    """One of the words of `PAIRS`."""
    return learn_vocabulary(itertools.chain(*PAIRS), vocabulary_size=330)
