"""Tests that model folders keep quantised layers, and that a failed save keeps the earlier folder."""

import json
import shutil

import h5py
import keras
import numpy as np
import pytest
from quantized_cases import CHANGES, quantized

from keras_transformer.errors import InputError
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.quantized_layers import quantizations_of
from keras_transformer.saving.model_files import load_config
from keras_transformer.saving.model_folder import load_model_folder, save_model_folder
from keras_transformer.text import learn_vocabulary

INPUTS = {"source_ids": np.array([[7, 8, 3], [9, 3, 0]]), "target_ids": np.array([[2, 9], [2, 7]])}
# An odd number of outputs. Two numbers share a byte.
CONFIG = TransformerConfig(
    vocabulary_size=275,
    num_encoder_layers=1,
    num_decoder_layers=2,
    hidden_dim=16,
    intermediate_dim=33,
    num_heads=2,
    max_length=12,
    share_output=False,
)


@pytest.fixture(scope="module")
def tokenizer():
    return learn_vocabulary(["a small text", "another one", "and a third of them"] * 3, vocabulary_size=275)


@pytest.fixture
def model():
    return build_transformer(CONFIG)


@pytest.fixture(scope="module")
def int8_folder(tokenizer, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "int8"
    model = build_transformer(CONFIG)
    quantized("int8")(model)
    save_model_folder(path, model, CONFIG, tokenizer, tokenizer)
    return path


def logits_of(model):
    return keras.ops.convert_to_numpy(model(INPUTS))


OTHER_CHANGES = sorted({*CHANGES} - {"int8", "some", "lora"})


def content_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "change", ["int8", "some", "lora", *(pytest.param(each, marks=pytest.mark.slow) for each in OTHER_CHANGES)]
)
def test_a_model_computes_the_same_when_loaded(model, tokenizer, change, tmp_path):
    CHANGES[change](model)
    save_model_folder(tmp_path, model, CONFIG, tokenizer, tokenizer)
    loaded, *_ = load_model_folder(tmp_path)
    np.testing.assert_allclose(logits_of(loaded), logits_of(model), atol=1e-5)
    assert quantizations_of(loaded) == quantizations_of(model)
    assert load_config(tmp_path) == CONFIG


def test_the_config_says_how_layers_are_quantised_and_nothing_where_none_is(model, tokenizer, int8_folder, tmp_path):
    fields = json.loads((int8_folder / "config.json").read_text())
    assert fields["quantization"] == [{"mode": "int8", "block_size": None, "activations": True, "layers": None}]
    save_model_folder(tmp_path, model, CONFIG, tokenizer, tokenizer)
    assert "quantization" not in json.loads((tmp_path / "config.json").read_text())


def test_a_quantised_model_that_is_loaded_can_be_saved_again(int8_folder, tmp_path):
    loaded = load_model_folder(int8_folder)
    save_model_folder(tmp_path, loaded[0], CONFIG, *loaded[1:])
    assert content_of(tmp_path)["config.json"] == content_of(int8_folder)["config.json"]
    np.testing.assert_array_equal(logits_of(load_model_folder(tmp_path)[0]), logits_of(loaded[0]))


def set_nan(model):
    model.get_layer("decoder_2").feed_forward.output_dense.bias.assign(np.full(16, np.nan))


def set_infinity(model):
    model.get_layer("embedding").embeddings.assign(np.full((275, 16), np.inf))


def remove_bias(model):
    model.get_layer("encoder_1").feed_forward.output_dense.bias = None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (quantized("float8"), "quantised as float8"),
        (set_nan, "decoder_2/feed_forward/output/bias is not finite"),
        (set_infinity, "embedding/embeddings is not finite"),
        (remove_bias, "layers/transformer_encoder/feed_forward/output_dense/vars/1 is missing"),
    ],
)
def test_a_save_that_cannot_be_loaded_replaces_nothing(model, tokenizer, int8_folder, change, message, tmp_path):
    folder = shutil.copytree(int8_folder, tmp_path / "model")
    before = content_of(folder)
    change(model)
    with pytest.raises(InputError, match=rf"{folder}: the model was not saved, .*{message}"):
        save_model_folder(folder, model, CONFIG, tokenizer, tokenizer)
    assert content_of(folder) == before
    load_model_folder(folder)


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (None, "has the type int8 instead of float32"),
        ([{"mode": "int4"}], "has the shape"),
        ([{"mode": "int4", "block_size": 8}], "has the shape"),
        ([{"mode": "int2"}], "`mode` must be one of int8, int4"),
        ([{"mode": "int8", "bits": 3}], "bits"),
        ([{"mode": "int8", "layers": ["layers/positional_embedding"]}], "`layers` must name dense layers"),
        ([{"mode": "int8", "layers": 3}], "config.json"),
        (["int8"], "config.json"),
        ("int8", "config.json"),
        (8, "config.json"),
    ],
)
def test_a_note_that_does_not_fit_is_refused(int8_folder, note, message, tmp_path):
    folder = shutil.copytree(int8_folder, tmp_path / "model")
    fields = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**fields, "quantization": note}))
    with pytest.raises(InputError) as caught:
        load_model_folder(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan])
def test_a_scale_by_which_nothing_can_be_divided_is_refused(int8_folder, scale, tmp_path):
    folder = shutil.copytree(int8_folder, tmp_path / "model")
    with h5py.File(folder / "model.weights.h5", "r+") as file:
        file["layers/dense/vars/1"][3] = scale
    with pytest.raises(InputError, match="is not finite" if np.isnan(scale) else "scale that is not positive"):
        load_model_folder(folder)
