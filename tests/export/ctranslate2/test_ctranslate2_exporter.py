"""The artifact for CTranslate2 in a fresh process, as its card describes its use."""

import dataclasses

import numpy as np
import pytest
from export_cases import SOURCES, TARGETS, trained_translator

from keras_transformer.errors import InputError
from keras_transformer.export import Proof, SearchSettings, export_ctranslate2, get_exporter
from keras_transformer.models import build_transformer, transformer_parts
from keras_transformer.saving.model_files import ModelFiles
from keras_transformer.special_tokens import END_ID
from keras_transformer.text import TextFacts
from keras_transformer.translator import Translator

pytest.importorskip("ctranslate2", reason="the extra `ctranslate2` is not installed")


@pytest.mark.slow
def test_an_empty_translation_stays_empty(tmp_path):
    translator = trained_translator(normalize_first=True, steps=0, share_output=False)
    # The end token is the most probable token everywhere.
    projection = transformer_parts(translator.model).output_projection
    norm = transformer_parts(translator.model).decoder_norm
    norm.gamma.assign(np.zeros(norm.gamma.shape))
    norm.beta.assign(np.ones(norm.beta.shape))
    kernel = np.array(projection.kernel)
    kernel[:, END_ID] = 1.0
    projection.kernel.assign(kernel)
    assert translator.translate(SOURCES, beam_size=1) == [""] * len(SOURCES)
    settings = SearchSettings(beam_size=1, length_penalty=0.0).of_model(translator.config)
    found = []
    proof = Proof(translator, "ctranslate2", None, settings, list(zip(SOURCES, TARGETS)), report=found.append)
    export_ctranslate2(translator, tmp_path / "model", prove=proof)
    assert found[0].identical == len(SOURCES)


@pytest.mark.parametrize(("name", "suffix"), [("ctranslate2", ""), ("argos", ".argosmodel")])
def test_another_activation_is_refused_before_any_work(name, suffix, small_translator, tmp_path):
    config = dataclasses.replace(small_translator.config, activation="mish")
    translator = Translator(build_transformer(config), small_translator.tokenizers, texts=TextFacts("ko", "en"))
    files = ModelFiles(tmp_path, translator.config, None, translator.tokenizers, translator.texts)
    message = "CTranslate2 has the activations relu, .* Received: activation='mish'"
    with pytest.raises(InputError, match=message):
        get_exporter(name).check_files(files)
    with pytest.raises(InputError, match=message):
        get_exporter(name).export(translator, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_the_maximum_length_is_in_the_card(small_translator, tmp_path):
    settings = SearchSettings(max_length=32)
    card = get_exporter("ctranslate2").export(small_translator, tmp_path / "model", settings) / "README.md"
    text = card.read_text(encoding="utf-8")
    assert "out_type=str)[:31]]" in text
    assert "max_decoding_length=31," in text
    assert "A source has at most 31 tokens" in text
