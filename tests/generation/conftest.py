import pytest
from slow_search import small_model

from keras_transformer.generation import Generator


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def generator(model):
    return Generator(model)
