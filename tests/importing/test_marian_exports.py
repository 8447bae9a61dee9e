"""Every export of an imported model is compared with the model."""

import pytest
from marian_folders import LANGUAGES, lines_of, make_plain_folder

from keras_transformer.errors import InputError
from keras_transformer.export.exporters import EXPORTERS, get_exporter
from keras_transformer.export.verification.proof import Proof
from keras_transformer.generation import SearchSettings
from keras_transformer.translator import Translator

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[False, True], ids=["joint", "separate"])
def translator(request, tmp_path_factory):
    folder = make_plain_folder(tmp_path_factory.mktemp("marian"), separate=request.param, languages=LANGUAGES)
    return Translator.from_marian(folder)


TEXTS = [*lines_of("source", 12, seed=5), ">>fra<< bade figo", ">>xxx<<ku", "☃ é öö ß!", "", "x" * 30]


@pytest.mark.parametrize(
    ("name", "text"), [*((name, False) for name in EXPORTERS), ("tflite", True)], ids=lambda value: str(value)
)
def test_an_export_translates_as_the_model(name, text, translator, tmp_path):
    exporter = get_exporter(name, None, text)
    if name == "huggingface" and not translator.config.share_embeddings:
        with pytest.raises(InputError, match="MarianMT needs one vocabulary for both languages"):
            exporter.export(translator, tmp_path / "a")
        return
    if name == "argos":
        with pytest.raises(InputError, match="does not support a model whose sources begin with a language token"):
            exporter.export(translator, tmp_path / "a.argosmodel")
        folder = make_plain_folder(tmp_path / "folder", separate=not translator.config.share_embeddings)
        translator = Translator.from_marian(folder)
    settings = SearchSettings(beam_size=2).of_model(translator.config)
    found = []
    proof = Proof(translator, exporter, None, settings, [(text, None) for text in TEXTS], report=found.append)
    exporter.export(translator, tmp_path / f"a{exporter.suffix}", settings, proof)
    assert found[0].identical == len(TEXTS)


@pytest.mark.parametrize("quantize", ["int8", "float16"])
@pytest.mark.parametrize("name", ["tflite", "ctranslate2"])
def test_a_quantised_export_keeps_the_bias(name, quantize, translator, tmp_path):
    exporter = get_exporter(name, quantize)
    settings = SearchSettings(beam_size=1).of_model(translator.config)
    references = translator.translate(TEXTS, settings=settings)
    found = []
    proof = Proof(
        translator, exporter, quantize, settings, list(zip(TEXTS, references)), max_bleu_loss=100.0, report=found.append
    )
    exporter.export(translator, tmp_path / f"a{exporter.suffix}", settings, proof)
    # The outputs of random weights are close to each other. Without the bias, none would be the same.
    assert found[0].identical > len(TEXTS) // 2
