"""The artifact for CTranslate2 in a fresh process, as its card describes its use."""

import numpy as np
import pytest
from export_cases import SOURCES, TARGETS, trained_translator

from keras_transformer.export import Proof, SearchSettings, export_ctranslate2
from keras_transformer.models import transformer_parts
from keras_transformer.special_tokens import END_ID

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
