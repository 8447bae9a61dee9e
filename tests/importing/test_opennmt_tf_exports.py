"""Every export of an imported OpenNMT-tf model is compared with the model."""

import pathlib

import pytest

from keras_transformer.explanation.explain import explain
from keras_transformer.export.exporters import get_exporter
from keras_transformer.export.verification.proof import Proof
from keras_transformer.generation import SearchSettings
from keras_transformer.translator import Translator

RUN = pathlib.Path(__file__).with_name("opennmt_tf") / "trained"
TEXTS = [*(RUN / "lines.txt").read_text(encoding="utf-8").splitlines(), "", "☃", "x" * 30]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def translator():
    return Translator.from_opennmt_tf(RUN)


@pytest.mark.parametrize("quantize", [None, "float16", "int8"])
@pytest.mark.parametrize("name", ["saved_model", "tflite", "ctranslate2", "onnx"])
def test_an_export_translates_as_the_model(name, quantize, translator, tmp_path):
    if quantize and name in ("saved_model", "onnx"):
        pytest.skip("the format is not quantised")
    exporter = get_exporter(name, quantize)
    settings = SearchSettings(beam_size=2).of_model(translator.config)
    pairs = [(text, None) for text in TEXTS]
    if quantize:
        pairs = list(zip(TEXTS, translator.translate(TEXTS, settings=settings)))
    found = []
    proof = Proof(translator, exporter, quantize, settings, pairs, max_bleu_loss=0.3, report=found.append)
    exporter.export(translator, tmp_path / f"a{exporter.suffix}", settings, proof)
    assert found[0].identical >= (len(TEXTS) * 2 // 3 if quantize else len(TEXTS))


def test_the_explanation_shows_the_translation(translator, tmp_path):
    explain(translator, "forty-two", tmp_path / "page.html")
    assert "undvierzig" in (tmp_path / "page.html").read_text(encoding="utf-8")
