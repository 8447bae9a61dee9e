"""Tests of exports of a model that Keras has quantised."""

import gc

import numpy as np
import pytest
import tensorflow as tf
from export_cases import SOURCES, TARGETS
from quantized_cases import CHANGES

from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, export_ctranslate2, get_exporter
from keras_transformer.models.dtype_policy import merged_copy
from keras_transformer.models.quantized_layers import quantizations_of
from keras_transformer.translator import Translator


@pytest.fixture(scope="module")
def quantized(translator):
    """The first translator as int8, with rounded activations."""
    model = merged_copy(translator.model)
    CHANGES["int8"](model)
    return Translator(model, translator.source_tokenizer)


@pytest.mark.slow
def test_a_saved_model_translates_as_the_quantised_model(quantized, translator, tmp_path):
    folder = quantized.export_saved_model(tmp_path, beam_size=2)
    found = tf.saved_model.load(str(folder)).signatures["serving_default"](text=tf.constant(SOURCES))
    translations, scores = quantized.translate(SOURCES, beam_size=2, return_scores=True)
    assert [text.decode() for text in found["translation"].numpy()] == translations
    np.testing.assert_allclose(found["score"], scores, atol=1e-4)
    _, scores_before = translator.translate(SOURCES, beam_size=2, return_scores=True)
    assert np.abs(np.subtract(scores, scores_before)).max() > 1e-3


@pytest.mark.slow
def test_ctranslate2_passes_its_proof_and_its_card_has_the_differences(quantized, tmp_path):
    pytest.importorskip("ctranslate2")
    settings = SearchSettings(beam_size=1, length_penalty=0.0).of_model(quantized.config)
    verifications = []
    proof = Proof(quantized, "ctranslate2", None, settings, list(zip(SOURCES, TARGETS)), report=verifications.append)
    export_ctranslate2(quantized, tmp_path / "model", prove=proof)
    assert verifications[0].rounds_activations
    assert verifications[0].bleu_loss < 0.3
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "quantised by Keras" in card
    assert "rounds the inputs of its dense layers to 8 bits" in card


@pytest.mark.filterwarnings("ignore:`text` .*:DeprecationWarning")
@pytest.mark.parametrize("arguments", [{}, {"quantize": "int8"}, {"text": True}], ids=str)
def test_tflite_refuses_by_name_before_it_writes(quantized, arguments, tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"an earlier one")
    number = len(quantizations_of(quantized.model))
    with pytest.raises(InputError, match=f"{number} of its layers are int8. .*`--quantize int8`"):
        quantized.export_tflite(tmp_path / "model.tflite", **arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
    assert (tmp_path / "model.tflite").read_bytes() == b"an earlier one"


def test_tflite_refuses_a_model_with_some_quantised_layers(tiny_model):
    gc.freeze()
    CHANGES["some"](tiny_model)
    gc.unfreeze()
    with pytest.raises(InputError, match="2 of its layers are int4 and int8"):
        get_exporter("tflite").check_model(tiny_model)


def test_a_quantisation_that_is_not_exported_is_named(translator, tmp_path):
    model = merged_copy(translator.model)
    model.get_layer("encoder_1").feed_forward.output_dense.quantize("float8")
    other = Translator(model, translator.source_tokenizer)
    for export in (other.export_saved_model, other.export_ctranslate2):
        with pytest.raises(InputError, match="quantised as float8"):
            export(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
