"""Tests the layouts of weights. `test_meshes.py` trains with them."""

import keras
import pytest

import keras_transformer as kt

DEVICES = [f"cpu:{number}" for number in range(8)]
DIVIDED = {
    "embeddings": ("model", None),
    "feed_forward/intermediate/kernel": (None, "model"),
    "feed_forward/intermediate/bias": ("model",),
    "feed_forward/output/kernel": ("model", None),
    "output_projection/kernel": (None, "model"),
    "output_bias/bias": ("model",),
}
DIVIDED_ATTENTION = {
    "query_key_value/kernel": (None, "model"),
    "query_key_value/bias": ("model",),
    "cross_attention/query/kernel": (None, "model"),
    "cross_attention/query/bias": ("model",),
    "key_value/kernel": (None, "model"),
    "key_value/bias": ("model",),
    "attention/output/kernel": ("model", None),
}


def mesh(rows=2, parts=4):
    return keras.distribution.DeviceMesh((rows, parts), ("batch", "model"), DEVICES)


def config(**fields):
    sizes = {"hidden_dim": 16, "intermediate_dim": 32, "num_encoder_layers": 1, "num_decoder_layers": 1, "num_heads": 2}
    return kt.TransformerConfig(**{"vocabulary_size": 40, "max_length": 9, **sizes, **fields})


@pytest.fixture(scope="module")
def paths():
    """The weights of a model without shared tables and with all biases."""
    model = kt.build_transformer(
        config(target_vocabulary_size=24, share_output=False, output_bias=True, normalize_first=True)
    )
    return [weight.path for weight in model.weights]


@pytest.mark.parametrize("attention", [True, False])
def test_each_weight_has_its_layout(paths, attention):
    layouts = kt.layout_map(mesh(), attention=attention)
    expected = DIVIDED | (DIVIDED_ATTENTION if attention else {})
    for path in paths:
        axes = {axes for ending, axes in expected.items() if path.endswith(ending)}
        assert {layouts[path].axes if layouts[path] else ()} == (axes or {()}), path
    assert all(any(path.endswith(ending) for path in paths) for ending in expected)


@pytest.mark.parametrize("path", ["positional_embedding_1/embeddings", "mine/embedding/embeddings"])
def test_layers_in_other_models_have_layouts(path):
    assert kt.layout_map(mesh())[path].axes == ("model", None)


def test_entries_can_be_added():
    layouts = kt.layout_map(mesh())
    layouts["head/kernel"] = (None, "model")
    assert layouts["head/kernel"].axes == (None, "model")


def test_a_mesh_without_the_axis_is_refused():
    other = keras.distribution.DeviceMesh((8,), ("batch",), DEVICES)
    with pytest.raises(ValueError, match=r'^The mesh must have an axis "model". Received: axis_names=\(\'batch\',\).$'):
        kt.layout_map(other)


@pytest.mark.parametrize(
    ("name", "value", "fields"),
    [
        ("vocabulary_size", 42, {}),
        ("target_vocabulary_size", 26, {"target_vocabulary_size": 26}),
        ("intermediate_dim", 30, {}),
        ("hidden_dim", 18, {}),
    ],
)
def test_a_size_that_cannot_be_divided_is_refused(name, value, fields):
    kt.layout_map(mesh(), config())
    message = (
        rf'^`{name}` must be divisible by the number of devices of the axis "model", 4. Received: {name}={value}\.'
    )
    with pytest.raises(ValueError, match=message):
        kt.layout_map(mesh(), config(**fields, **({} if fields else {name: value})))
