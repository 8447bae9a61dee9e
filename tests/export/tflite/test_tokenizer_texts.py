"""Spaces before a text in a vocabulary that keeps repeated spaces, by SentencePiece and by TensorFlow Text."""

import numpy as np
import pytest
import sentencepiece
from export_cases import SOURCES, TARGETS, trained_translator
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import ExportError
from keras_transformer.export import Proof, SearchSettings, export_tflite
from keras_transformer.export.tflite.tokenizer_texts import with_texts_of
from keras_transformer.export.verification.run import Run
from keras_transformer.text import Tokenizer, Tokenizers, learn_vocabulary

TOKENS = [["▁", "▁", "▁", "c", "a", "t", "</s>"], []]


@pytest.fixture(scope="module")
def tokenizer():
    proto = sentencepiece_model_pb2.ModelProto.FromString(learn_vocabulary(SOURCES + TARGETS, 325).model)
    proto.normalizer_spec.remove_extra_whitespaces = False
    return Tokenizer(proto.SerializeToString())


def test_texts_are_those_of_the_tokenizer(tokenizer):
    by_sentencepiece = sentencepiece.SentencePieceProcessor(model_proto=tokenizer.model).decode(TOKENS[0][:-1])
    assert by_sentencepiece == "  cat"
    tokenizers, run = Tokenizers(tokenizer), Run([by_sentencepiece, ""], TOKENS, [-1.0, 0.0], [1.0, 1.0])
    assert with_texts_of(tokenizers, run, has_texts=False) == run._replace(translations=["cat", ""])
    assert with_texts_of(tokenizers, run._replace(translations=["cat", ""]), True).translations == ["cat", ""]
    with pytest.raises(ExportError, match="The signature detokenize gives '  cat' instead of the model's text 'cat'"):
        with_texts_of(tokenizers, run, has_texts=True)


@pytest.mark.slow
@pytest.mark.parametrize("text_signature", [True, False])
def test_translations_after_spaces_pass_the_proof(tokenizer, tmp_path, text_signature):
    interpreters = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")
    targets = [f"   {text}" for text in TARGETS]
    translator = trained_translator(tokenizers=(tokenizer,) * 2, targets=targets, num_decoder_layers=1)
    settings = SearchSettings(beam_size=2).of_model(translator.config)
    proof = Proof(translator, "tflite", None, settings, list(zip(SOURCES, TARGETS)))
    path = export_tflite(
        translator, tmp_path / "a.tflite", settings=settings, prove=proof, text_signature=text_signature
    )
    translate = interpreters.Interpreter(model_path=str(path)).get_signature_runner("translate")
    row = [*tokenizer.best_ids(SOURCES[0]), 3]
    best = translate(source_ids=np.array([row], "int32"))["target_ids"][0, 0]
    assert tokenizer.token(int(best[0])) == tokenizer.token(int(best[1])) == "▁"
