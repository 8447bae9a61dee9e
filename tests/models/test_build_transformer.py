"""Tests of the model: its size, its names, and its masks."""

import dataclasses
import itertools
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.models import build_transformer

SOURCE = np.array([[7, 8, 9, 3], [7, 3, 0, 0]])
TARGET = np.array([[2, 5, 6, 7, 8], [2, 9, 6, 0, 0]])


def number_of_parameters(config):
    """Counts the parameters by the paper's formulas."""
    d, f = config.hidden_dim, config.intermediate_dim
    attention = 4 * (d * d + d)  # W^Q, W^K, W^V, W^O, each with its bias
    feed_forward = d * f + f + f * d + d
    norm = 2 * d
    encoder = attention + feed_forward + 2 * norm
    decoder = 2 * attention + feed_forward + 3 * norm
    total = config.num_encoder_layers * encoder + config.num_decoder_layers * decoder
    total += config.vocabulary_size * d
    total += 0 if config.share_embeddings else config.target_vocabulary_size * d
    total += 0 if config.share_output else config.target_vocabulary_size * d
    total += 2 * norm if config.normalize_first else 0
    return total


@pytest.mark.parametrize(
    ("share_embeddings", "share_output", "normalize_first"), [*itertools.product([True, False], repeat=3)]
)
def test_parameter_count_is_the_formula(tiny_config, share_embeddings, share_output, normalize_first):
    config = dataclasses.replace(
        tiny_config, share_embeddings=share_embeddings, share_output=share_output, normalize_first=normalize_first
    )
    assert build_transformer(config).count_params() == number_of_parameters(config)


def test_two_vocabularies_have_their_own_sizes(tiny_config):
    config = dataclasses.replace(tiny_config, target_vocabulary_size=90, share_embeddings=False)
    model = build_transformer(config)
    assert model.output_shape == (None, None, 90)
    assert model.count_params() == number_of_parameters(config)


def test_inputs_and_outputs_are_those_of_the_contract(tiny_model):
    assert isinstance(tiny_model, keras.Model)
    assert {name: tensor.dtype for name, tensor in tiny_model.input.items()} == {
        "source_ids": "int32",
        "target_ids": "int32",
    }
    assert [tensor.name for tensor in tiny_model.inputs] == ["source_ids", "target_ids"]
    assert tiny_model({"source_ids": SOURCE, "target_ids": TARGET}).shape == (2, 5, 50)


def test_a_future_target_token_never_changes_an_earlier_logit(tiny_model):
    logits = np.array(tiny_model({"source_ids": SOURCE, "target_ids": TARGET}))
    for position in range(1, TARGET.shape[1]):
        changed = TARGET.copy()
        changed[:, position:] = 11
        other = np.array(tiny_model({"source_ids": SOURCE, "target_ids": changed}))
        np.testing.assert_array_equal(other[:, :position], logits[:, :position])
        assert (other[:, position] != logits[:, position]).any()


def test_every_source_token_matters(tiny_model):
    logits = np.array(tiny_model({"source_ids": SOURCE, "target_ids": TARGET}))
    for position in range(SOURCE.shape[1]):
        changed = SOURCE.copy()
        changed[0, position] = 11
        other = np.array(tiny_model({"source_ids": changed, "target_ids": TARGET}))
        assert (abs(other[0] - logits[0]).max(axis=-1) > 1e-4).all()
        np.testing.assert_array_equal(other[1], logits[1])


@pytest.mark.parametrize("normalize_first", [False, True])
def test_padding_never_changes_a_real_output(tiny_config, normalize_first):
    model = build_transformer(dataclasses.replace(tiny_config, normalize_first=normalize_first))
    alone = model({"source_ids": SOURCE[1:, :2], "target_ids": TARGET[1:, :3]})
    together = model({"source_ids": SOURCE, "target_ids": TARGET})
    np.testing.assert_allclose(together[1, :3], alone[0], atol=1e-5)


def test_an_empty_source_gives_finite_logits(tiny_model):
    logits = tiny_model({"source_ids": np.zeros((2, 4), "int32"), "target_ids": TARGET})
    assert np.isfinite(logits).all()


def test_a_sequence_longer_than_max_length_is_refused(tiny_model):
    with pytest.raises(ValueError, match="at most `max_length` tokens. Received: length=13, max_length=12"):
        tiny_model({"source_ids": np.ones((1, 13), "int32"), "target_ids": TARGET[:1]})


@pytest.mark.parametrize("shared", [True, False])
def test_the_gradient_reaches_every_weight(tiny_config, shared):
    model = build_transformer(
        dataclasses.replace(tiny_config, share_embeddings=shared, share_output=shared, normalize_first=not shared)
    )
    with tf.GradientTape() as tape:
        loss = SmoothedCrossEntropy(0.1)(TARGET, model({"source_ids": SOURCE, "target_ids": TARGET}))
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert tf.reduce_max(tf.abs(tf.convert_to_tensor(gradient))) > 0, weight.path


@pytest.mark.parametrize("shared", [True, False])
def test_saved_file_loads_to_an_equal_model(tiny_config, tmp_path, shared):
    config = dataclasses.replace(tiny_config, share_embeddings=shared, share_output=shared, normalize_first=not shared)
    model = build_transformer(config)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = {"source_ids": SOURCE, "target_ids": TARGET}
    np.testing.assert_array_equal(loaded(inputs), model(inputs))
    assert loaded.count_params() == model.count_params()


def test_logits_are_float32_in_mixed_precision(tiny_config):
    keras.config.set_dtype_policy("mixed_float16")
    model = build_transformer(tiny_config)
    logits = model({"source_ids": SOURCE, "target_ids": TARGET})
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()
    assert model.get_layer("encoder_1").compute_dtype == "float16"


@pytest.mark.parametrize("own_tables", [False, True])
def test_summary_and_plot_name_every_part(tiny_config, own_tables):
    config = dataclasses.replace(
        tiny_config, share_embeddings=not own_tables, share_output=not own_tables, normalize_first=own_tables
    )
    build_transformer(config)  # The second model of a session must not be numbered either.
    model = build_transformer(config)
    names = ["source_ids", "target_ids", "source_padding_mask", "encoder_1", "decoder_1", "decoder_2", "logits"]
    if own_tables:
        names += ["source_embedding", "target_embedding", "encoder_norm", "decoder_norm", "output_projection"]
    else:
        names += ["embedding"]
    assert sorted(operation.name for operation in model.operations) == sorted(names)
    lines = []
    model.summary(print_fn=lines.append, line_length=150)
    plot = keras.utils.model_to_dot(model, show_layer_names=True, show_shapes=True).to_string()
    for name in names:
        assert f"{name} (" in lines[0]
        assert name in plot


def test_sublayers_and_weights_have_names_by_position(tiny_model):
    numbered = [layer.name for layer in tiny_model._flatten_layers() if re.search(r"_\d+$", layer.name)]
    assert numbered == ["encoder_1", "decoder_1", "decoder_2"]
    paths = {weight.path for weight in tiny_model.weights}
    assert {
        "embedding/embeddings",
        "encoder_1/self_attention/query_key_value/kernel",
        "encoder_1/feed_forward_norm/gamma",
        "decoder_1/cross_attention/key_value/bias",
        "decoder_2/feed_forward/intermediate/kernel",
    } <= paths
    assert len(paths) == len(tiny_model.weights)
