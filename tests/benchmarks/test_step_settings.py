import pytest

from keras_transformer.models.transformer_config import PRESETS


@pytest.fixture
def step_settings(benchmark_module):
    return benchmark_module("step_settings")


def test_the_sizes_of_the_peers_are_those_of_the_presets(step_settings):
    for name, (num_layers, hidden_dim, intermediate_dim, num_heads) in step_settings.PRESETS.items():
        assert PRESETS[name][:5] == (num_layers, num_layers, hidden_dim, intermediate_dim, num_heads)


def test_the_operations_are_those_of_the_written_out_products(step_settings):
    settings = step_settings.Settings(vocabulary_size=1000, batch_size=2, length=5)
    tokens, width, inner = 2 * 5, 128, 256
    attention = 2 * tokens * 5 * width  # The products of queries and keys, and of scores and values.
    encoder = tokens * (width * 3 * width + width * width + 2 * width * inner) + attention
    decoder = encoder + tokens * (width * 2 * width + 2 * width * width) + attention
    products = 4 * (encoder + decoder) + tokens * width * 1000
    assert settings.giga_operations == pytest.approx(2 * 3 * products / 1e9)
