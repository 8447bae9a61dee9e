"""The settings of hypothesis, the tokenizers of the fuzzer, and an untrained translator."""

import keras
import pytest
from fuzz.workspace import make_tokenizers
from hypothesis import HealthCheck, settings

import keras_transformer as kt

# The examples are the same in every run. The fuzzer draws others.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def tokenizers():
    return make_tokenizers()


@pytest.fixture(scope="session")
def translator(tokenizers):
    keras.utils.set_random_seed(0)
    tokenizer = tokenizers["unigram"]
    config = kt.TransformerConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=24,
        num_heads=2,
        max_length=16,
    )
    return kt.Translator(kt.build_transformer(config), tokenizer)
