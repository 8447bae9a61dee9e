import pytest
from sentencepiece import sentencepiece_model_pb2

import keras_transformer as kt
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.text.direction import Direction
from keras_transformer.text.vocabulary_comparison import have_same_vocabulary

TEXT = ["a small text", "another text"]


@pytest.fixture(scope="module")
def translator():
    tokenizer = kt.text.learn_vocabulary(TEXT)
    config = kt.TransformerConfig.from_preset(
        "tiny", vocabulary_size=tokenizer.vocabulary_size, num_encoder_layers=1, num_decoder_layers=1, max_length=16
    )
    return kt.Translator(kt.build_transformer(config), tokenizer)


@pytest.mark.slow
def test_an_ensemble_of_folders_scores_as_its_models(translator, tmp_path):
    translator.save(tmp_path / "one")
    ensemble = kt.Translator.load([tmp_path / "one", str(tmp_path / "one")])
    assert isinstance(ensemble.model, kt.Ensemble)
    pair = [("a small text", "another")]
    assert ensemble.score(pair) == pytest.approx(translator.score(pair), abs=1e-4)
    assert not isinstance(kt.Translator.load([tmp_path / "one"]).model, kt.Ensemble)


def test_an_ensemble_is_not_saved(translator, tmp_path):
    ensemble = kt.Translator(kt.Ensemble([translator.model]), translator.tokenizers)
    with pytest.raises(kt.InputError, match="An ensemble has no model folder. Save each of its models"):
        ensemble.save(tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_no_folder_is_refused():
    with pytest.raises(kt.InputError, match="An ensemble needs at least one model folder. Received: none."):
        kt.Translator.load([])


def test_models_of_other_languages_are_refused(translator, tmp_path):
    directions = {"forth": ("en", "de"), "back": ("de", "en"), "region": ("en-GB", "de"), "unknown": (None, "de")}
    for name, languages in directions.items():
        kt.Translator(translator.model, translator.tokenizers, texts=kt.text.TextFacts(*languages)).save(
            tmp_path / name
        )
    message = "The source language of .*forth is en, and that of .*back is de. If one is wrong, give both languages"
    with pytest.raises(kt.InputError, match=message):
        read_ensemble_files([tmp_path / "forth", tmp_path / "back"])
    assert len(read_ensemble_files([tmp_path / name for name in ("forth", "region", "unknown")])) == 3
    assert len(read_ensemble_files([tmp_path / "forth", tmp_path / "back"], Direction("en", "de"))) == 2


def test_vocabularies_are_compared_without_notes_of_their_training(translator):
    first = translator.source_tokenizer
    model = sentencepiece_model_pb2.ModelProto.FromString(first.model)
    model.trainer_spec.input.append("elsewhere.txt")
    assert have_same_vocabulary(first, kt.text.Tokenizer(model.SerializeToString()))
    model.pieces[-1].score -= 1.0
    assert not have_same_vocabulary(first, kt.text.Tokenizer(model.SerializeToString()))
    assert not have_same_vocabulary(first, kt.text.learn_vocabulary(["other words"]))
