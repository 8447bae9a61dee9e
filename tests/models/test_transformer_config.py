"""Tests of the config: numbers of the presets, errors, and conversion to a dictionary and back."""

import dataclasses
import inspect
import json

import keras
import numpy as np
import pytest

from keras_transformer.models import TransformerConfig
from keras_transformer.models.transformer_config import ACTIVATIONS


@pytest.mark.parametrize(
    ("name", "layers", "hidden_dim", "intermediate_dim", "num_heads", "dropout"),
    [
        ("tiny", (4, 4), 128, 256, 4, 0.1),
        ("small", (6, 6), 512, 1024, 4, 0.1),
        ("base", (6, 6), 512, 2048, 8, 0.1),
        ("big", (6, 6), 1024, 4096, 16, 0.3),
        ("fast", (12, 1), 512, 2048, 8, 0.1),
    ],
)
def test_presets_have_the_published_sizes(name, layers, hidden_dim, intermediate_dim, num_heads, dropout):
    config = TransformerConfig.from_preset(name, vocabulary_size=8000)
    assert (config.num_encoder_layers, config.num_decoder_layers) == layers
    assert (config.hidden_dim, config.intermediate_dim, config.num_heads) == (hidden_dim, intermediate_dim, num_heads)
    assert (config.dropout, config.attention_dropout, config.intermediate_dropout) == (dropout, 0.0, 0.0)
    assert config.vocabulary_size == config.target_vocabulary_size == 8000
    assert not config.normalize_first


def test_the_defaults_are_the_preset_base():
    assert TransformerConfig(vocabulary_size=8000) == TransformerConfig.from_preset("base", vocabulary_size=8000)


def test_overrides_win_over_the_preset():
    config = TransformerConfig.from_preset("tiny", vocabulary_size=8000, dropout=0.3, num_decoder_layers=2)
    assert (config.dropout, config.num_decoder_layers, config.num_encoder_layers) == (0.3, 2, 4)


def test_unknown_preset_names_the_known_ones():
    with pytest.raises(ValueError, match="one of tiny, small, base, big, fast. Received: 'huge'"):
        TransformerConfig.from_preset("huge", vocabulary_size=8000)


def test_config_is_frozen():
    config = TransformerConfig(vocabulary_size=8000)
    with pytest.raises(dataclasses.FrozenInstanceError, match="dropout"):
        config.dropout = 0.5


@pytest.mark.parametrize(
    "fields",
    [
        {"vocabulary_size": 8000},
        {"vocabulary_size": 8000, "target_vocabulary_size": 9000},
        {"vocabulary_size": 8000, "target_vocabulary_size": 8000},
        {"vocabulary_size": 8000, "share_embeddings": False, "share_output": False, "normalize_first": True},
        {"vocabulary_size": 8000, "first_position": 2, "position_frequencies": "tensor2tensor", "source_prefix": 9},
        {"vocabulary_size": 8000, "source_end": False},
    ],
)
def test_dictionary_round_trip_through_json(fields):
    config = TransformerConfig(**fields)
    assert TransformerConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_defaults_of_imported_fields_are_not_written():
    written = TransformerConfig(vocabulary_size=8000, target_prefix=7).to_dict()
    assert written["target_prefix"] == 7
    assert not {"source_prefix", "first_position", "position_frequencies", "source_end"} & written.keys()


def test_a_prefix_does_not_count_in_the_maximum_length():
    assert TransformerConfig(vocabulary_size=8000, max_length=64).num_positions == 64
    assert TransformerConfig(vocabulary_size=8000, max_length=64, target_prefix=0).num_positions == 65


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source_prefix": 8000}, "`source_prefix` must be from 0 to 7,999"),
        ({"target_prefix": -1}, "`target_prefix` must be from 0 to 7,999. Received: target_prefix=-1"),
        ({"first_position": "2"}, "`first_position` must be of type int"),
        ({"position_frequencies": "t2t"}, "`position_frequencies` must be one of paper, tensor2tensor"),
        ({"position_frequencies": "tensor2tensor", "hidden_dim": 2, "num_heads": 1}, "an even `hidden_dim`"),
    ],
)
def test_wrong_fields_of_imports_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        TransformerConfig(vocabulary_size=8000, **fields)


def test_embeddings_are_shared_unless_the_target_has_a_vocabulary_of_its_own():
    assert TransformerConfig(vocabulary_size=8000).share_embeddings is True
    assert TransformerConfig(vocabulary_size=8000, target_vocabulary_size=9000).share_embeddings is False
    assert TransformerConfig(vocabulary_size=8000, target_vocabulary_size=8000).share_embeddings is False


def test_dictionary_with_unknown_fields_names_them_and_the_known_ones():
    with pytest.raises(ValueError, match="must be of vocabulary_size, .*source_end. Received: heads, width"):
        TransformerConfig.from_dict({"vocabulary_size": 8000, "width": 4, "heads": 2})


def test_dictionary_without_vocabulary_size_is_refused():
    with pytest.raises(ValueError, match="must have the field `vocabulary_size`"):
        TransformerConfig.from_dict({"hidden_dim": 128})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hidden_dim": 100}, "divisible by `num_heads`. Received: hidden_dim=100, num_heads=8"),
        ({"vocabulary_size": 0}, "`vocabulary_size` must be positive. Received: vocabulary_size=0"),
        ({"num_encoder_layers": 0}, "`num_encoder_layers` must be positive. Received: num_encoder_layers=0"),
        ({"num_decoder_layers": -1}, "`num_decoder_layers` must be positive. Received: num_decoder_layers=-1"),
        ({"max_length": 0}, "`max_length` must be positive. Received: max_length=0"),
        ({"layer_norm_epsilon": 0.0}, "`layer_norm_epsilon` must be positive. Received: layer_norm_epsilon=0.0"),
        ({"dropout": 1.0}, "`dropout` must be at least 0 and below 1. Received: dropout=1.0"),
        ({"attention_dropout": -0.1}, "`attention_dropout` must be at least 0 and below 1"),
        ({"intermediate_dropout": float("nan")}, "`intermediate_dropout` must be at least 0 and below 1"),
        ({"hidden_dim": 512.0}, "`hidden_dim` must be of type int. Received: hidden_dim=512.0"),
        ({"num_heads": True}, "`num_heads` must be of type int. Received: num_heads=True"),
        ({"target_vocabulary_size": "8k"}, "`target_vocabulary_size` must be of type int. Received: .*='8k'"),
        ({"dropout": "0.1"}, "`dropout` must be of type float. Received: dropout='0.1'"),
        ({"dropout": False}, "`dropout` must be of type float. Received: dropout=False"),
        ({"normalize_first": 1}, "`normalize_first` must be of type bool. Received: normalize_first=1"),
        ({"activation": None}, "`activation` must be of type str. Received: activation=None"),
        ({"activation": "rleu"}, "`activation` must be one of .*, relu, .* Received: activation='rleu'"),
        ({"activation": "glu"}, "`activation` must be one of .* Received: activation='glu'"),
        ({"layer_norm_epsilon": float("nan")}, "`layer_norm_epsilon` must be below 1 and at least the smallest"),
        ({"layer_norm_epsilon": float("inf")}, "`layer_norm_epsilon` must be"),
        ({"layer_norm_epsilon": -1e-5}, "`layer_norm_epsilon` must be positive"),
        ({"layer_norm_epsilon": 1e-300}, "`layer_norm_epsilon` must be below 1 and at least the smallest"),
        ({"max_length": 10**7}, "`max_length` must be at most 65,536. Received: max_length=10000000"),
        ({"hidden_dim": 10**400}, "`hidden_dim` must be at most .* Received: hidden_dim=10{98}…"),
        ({"hidden_dim": 10**5000}, "`hidden_dim` must be at most .* Received: hidden_dim=a long value of type int"),
        ({"hidden_dim": -(10**5000)}, "`hidden_dim` must be positive. Received: hidden_dim=a long value of type int"),
        ({"dropout": 10**5000}, "`dropout` must be .* Received: dropout=a long value of type int"),
        ({"hidden_dim": "8" * 5_000_000}, "`hidden_dim` must be of type int. Received: hidden_dim='8{98}…"),
        (
            {"target_vocabulary_size": 9000, "share_embeddings": True},
            "needs one vocabulary for both languages. Received: vocabulary_size=8000, target_vocabulary_size=9000",
        ),
    ],
)
def test_wrong_fields_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        TransformerConfig(**{"vocabulary_size": 8000, **fields})


def test_a_message_about_names_is_short():
    for call in (TransformerConfig.from_preset, lambda name: TransformerConfig.from_dict({name: 1})):
        with pytest.raises(ValueError, match="must be") as caught:
            call("x" * 5_000_000)
        assert len(str(caught.value)) < 500


def test_an_integer_is_good_enough_for_a_rate():
    assert TransformerConfig(vocabulary_size=8000, dropout=0).dropout == 0


@pytest.mark.parametrize(("name", "canonical"), [("swish", "silu"), ("hard_swish", "hard_silu"), ("gelu", "gelu")])
def test_two_names_of_one_activation_are_one_config(name, canonical):
    config = TransformerConfig(vocabulary_size=10, activation=name)
    assert config == TransformerConfig(vocabulary_size=10, activation=canonical)
    assert config.to_dict()["activation"] == canonical
    assert TransformerConfig.from_dict({"vocabulary_size": 10, "activation": name}) == config


def test_every_activation_of_keras_that_looks_at_each_number_alone_is_accepted():
    numbers = np.random.default_rng(0).normal(size=(2, 6)).astype("float32")
    with_others = numbers + np.array([0, 0, 0, 1, 2, 3], "float32")
    alone = set()
    for name in set(dir(keras.activations)) - {"get", "serialize", "deserialize"}:
        activation = getattr(keras.activations, name)
        if name.startswith("_") or not callable(activation):
            continue
        others = list(inspect.signature(activation).parameters.values())[1:]
        if all(parameter.default is not parameter.empty for parameter in others):
            found, found_with_others = (np.array(activation(each)) for each in (numbers, with_others))
            if found.shape == numbers.shape and np.allclose(found[:, :3], found_with_others[:, :3]):
                alone.add(name)
    assert alone == set(ACTIVATIONS)
