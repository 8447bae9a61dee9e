"""Other vocabularies, quantised files, and files without signatures for texts."""

import numpy as np
import pytest
import sentencepiece
import tensorflow as tf
from export_cases import SOURCES, TARGETS
from tflite_cases import interpreters, proof_of, rows_of

from keras_transformer.errors import ExportError, InputError
from keras_transformer.export import SearchSettings, export_tflite
from keras_transformer.export.tflite.text_signatures.texts_to_texts import TextsToTexts
from keras_transformer.export.tflite.tflite_exporter import TFLiteExporter
from keras_transformer.export.tflite.tflite_file import operations_of
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.text import TextFacts, Tokenizers, learn_vocabulary
from keras_transformer.translator import Translator


def test_a_vocabulary_of_byte_pairs_has_no_signatures_for_texts(small_translator, tmp_path):
    tokenizer = learn_vocabulary(SOURCES + TARGETS, vocabulary_size=325, model_type="bpe")
    translator = Translator(small_translator.model, tokenizer)
    exporter = TFLiteExporter()
    (note,) = exporter.notes(translator)
    assert note.startswith("The file has no signatures for texts: the vocabulary is of the type bpe, not unigram")
    assert f"{note} Run SentencePiece separately." in exporter.card(translator)
    assert TFLiteExporter(text_signature=False).notes(translator) == TFLiteExporter().notes(small_translator) == []
    with pytest.raises(InputError, match="do not support the vocabulary: it is of the type bpe.*--no-text-signature"):
        translator.export_tflite(tmp_path / "a.tflite", text_signature=True)


@pytest.mark.slow
def test_the_signatures_for_texts_can_be_left_out(small_translator, tmp_path):
    path = small_translator.export_tflite(tmp_path / "a.tflite", beam_size=1, text_signature=False)
    signatures = interpreters.Interpreter(model_path=str(path)).get_signature_list()
    assert {*signatures} == {"translate", "translate_16", "translate_32", "translate_64"}
    assert "The file has no signatures for texts: they were omitted" in (tmp_path / "a.tflite.md").read_text()


@pytest.mark.slow
def test_two_vocabularies_and_a_projection_of_its_own(translator_of_two, tmp_path):
    settings = SearchSettings(beam_size=2).of_model(translator_of_two.config)
    prove = proof_of(translator_of_two, settings)
    path = export_tflite(translator_of_two, tmp_path / "two.tflite", settings=settings, prove=prove)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "two.source.model",
        "two.target.model",
        "two.tflite",
        "two.tflite.md",
        "verification.json",
    ]
    processor = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "two.target.model"))
    assert processor.vocab_size() == translator_of_two.config.target_vocabulary_size
    assert path.is_file()


@pytest.mark.slow
def test_text_to_text_equals_the_translator(translator_of_two, tmp_path):
    settings = SearchSettings(beam_size=2).of_model(translator_of_two.config)
    prove = proof_of(translator_of_two, settings, text=True)
    with pytest.warns(DeprecationWarning, match="the signature `translate_text` of the file"):
        path = export_tflite(translator_of_two, tmp_path / "two-text.tflite", text=True, settings=settings, prove=prove)
    custom = [name for name in operations_of(path.read_bytes()) if name != name.upper()]
    assert custom == ["TFText>FastSentencepieceDetokenize", "TFText>FastSentencepieceTokenize"]
    assert not (tmp_path / "two-text.model").exists()


@pytest.fixture(scope="module")
def tiny_translator():
    """An untrained model of the preset "tiny", large enough to compare sizes."""
    tokenizer = learn_vocabulary(SOURCES, vocabulary_size=294)
    config = TransformerConfig.from_preset("tiny", vocabulary_size=8000, normalize_first=True)
    translator = Translator.__new__(Translator)  # The vocabulary is smaller than the model's.
    translator.model, translator.config = build_transformer(config), config
    translator.tokenizers, translator.texts = Tokenizers(tokenizer), TextFacts()
    return translator


@pytest.mark.slow
@pytest.mark.parametrize("quantize, most", [(None, 1.08 * 4), ("float16", 1.2 * 2), ("int8", 1.4)], ids=str)
def test_weights_are_stored_once(tiny_translator, tmp_path, quantize, most):
    settings = SearchSettings(beam_size=4)
    of_ids = export_tflite(tiny_translator, tmp_path / "ids.tflite", quantize, settings=settings, text_signature=False)
    assert of_ids.stat().st_size <= most * tiny_translator.model.count_params()
    of_texts = export_tflite(tiny_translator, tmp_path / "texts.tflite", quantize, settings=settings)
    # Two graphs of the search, the graphs of the tokenizer, and its tables.
    assert of_texts.stat().st_size - of_ids.stat().st_size <= 700_000


@pytest.mark.parametrize(
    "quantize, name",
    [("float16", "translator"), pytest.param("int8", "translator_of_two", marks=pytest.mark.slow)],
    ids=str,
)
@pytest.mark.slow
def test_a_quantised_file_translates_nearly_the_same(tmp_path, request, quantize, name):
    translator = request.getfixturevalue(name)
    path = export_tflite(translator, tmp_path / "small.tflite", quantize, settings=SearchSettings(beam_size=2))
    runner = interpreters.Interpreter(model_path=str(path)).get_signature_runner("translate")
    found = runner(source_ids=rows_of(translator, SOURCES))
    translations, scores = translator.translate(SOURCES, beam_size=2, return_scores=True)
    written = [text.decode() for text in translator.target_tokenizer.detokenize(found["target_ids"][:, 0]).numpy()]
    assert written == translations
    np.testing.assert_allclose(found["scores"][:, 0], scores, atol=0.05)


@pytest.mark.slow
def test_the_proof_of_a_quantised_file_runs_its_signatures_for_texts(translator, tmp_path, monkeypatch):
    translate = TextsToTexts.translate

    def worst_first(self, code_points):
        return {name: tf.reverse(rows, [1]) for name, rows in translate(self, code_points).items()}

    monkeypatch.setattr(TextsToTexts, "translate", worst_first)
    settings = SearchSettings(beam_size=2).of_model(translator.config)
    with pytest.raises(ExportError, match="translate_text and translate give different translations"):
        export_tflite(
            translator, tmp_path / "a.tflite", "int8", settings=settings, prove=proof_of(translator, settings, "int8")
        )
    assert list(tmp_path.iterdir()) == []
