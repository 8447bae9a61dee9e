"""Every export of an imported multilingual model is compared with the model, and formats without support refuse it."""

import pytest
from m2m100_folders import make_plain_folder
from marian_folders import lines_of

from keras_transformer.errors import InputError
from keras_transformer.explanation.explain import explain
from keras_transformer.export.exporters import get_exporter
from keras_transformer.export.verification.proof import Proof
from keras_transformer.generation import SearchSettings
from keras_transformer.translator import Translator

TEXTS = [*lines_of("source", 12, seed=5), "__fr__ bade", "☃ é öö ß!", "", "x" * 30]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("m2m100")
    Translator.from_m2m100(make_plain_folder(folder / "imported")).save(folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def translator(folder):
    return Translator.load(folder, "fr", "de")


def verified(exporter, translator, path, beam_size=2, quantize=None):
    """Exports and returns the verification and the model card."""
    settings = SearchSettings(beam_size=beam_size).of_model(translator.config)
    pairs = [(text, None) for text in TEXTS]
    if quantize:
        pairs = list(zip(TEXTS, translator.translate(TEXTS, settings=settings)))
    found = []
    proof = Proof(translator, exporter, quantize, settings, pairs, max_bleu_loss=100.0, report=found.append)
    exporter.export(translator, path, settings, proof)
    card = path.with_name(f"{path.name}.md") if exporter.suffix else next(path.rglob("README.md"))
    return found[0], card.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["saved_model", "tflite", "ctranslate2", "onnx", "argos"])
def test_an_export_translates_as_the_model(name, translator, tmp_path):
    exporter = get_exporter(name)
    verification, card = verified(exporter, translator, tmp_path / f"a{exporter.suffix}")
    assert verification.identical == len(TEXTS)
    assert "from `__fr__` to `__de__`" in card
    assert ("target_prefix=[['__de__']]" in card) == (name == "ctranslate2")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tflite", "ctranslate2"])
def test_a_quantised_export_runs(name, translator, tmp_path):
    exporter = get_exporter(name, "int8")
    verification, _ = verified(exporter, translator, tmp_path / f"a{exporter.suffix}", quantize="int8")
    assert verification.identical > len(TEXTS) // 2


def test_the_transformers_format_refuses_the_prefixes(translator, tmp_path):
    with pytest.raises(InputError, match="Pegasus has no `source_prefix`, which models imported from M2M100 and NLLB"):
        get_exporter("huggingface").export(translator, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_the_web_format_refuses_the_vocabulary(translator, tmp_path):
    with pytest.raises(InputError, match="unigram"):
        get_exporter("web").export(translator, tmp_path / "web")
    assert not list(tmp_path.iterdir())


def test_the_explanation_refuses_language_tokens(translator, tmp_path):
    with pytest.raises(InputError, match="does not support models of several directions, nor M2M100 and NLLB"):
        explain(translator, "bade", tmp_path / "a.html")
