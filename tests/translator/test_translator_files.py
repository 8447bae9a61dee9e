"""Saved and loaded translators."""

import keras
import pytest
from counted_numbers import TEXTS

from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import held_folder
from keras_transformer.translator import Translator


@pytest.mark.parametrize("kind", ["translator", "two_vocabularies"])
def test_a_saved_translator_is_the_same_when_loaded(kind, request, tmp_path):
    translator = request.getfixturevalue(kind)
    translator.save(tmp_path / "folder" / "model")
    loaded = Translator.load(str(tmp_path / "folder" / "model"))
    assert loaded.config == translator.config
    pairs = [("one", "zwei"), ("six ten", "drei")]
    assert loaded.score(pairs) == translator.score(pairs)
    assert loaded.translate(TEXTS) == translator.translate(TEXTS)


def test_a_model_saved_by_keras_translates_the_same(translator, tokenizer, tmp_path):
    translator.model.save(tmp_path / "model.keras")
    loaded = Translator(keras.models.load_model(tmp_path / "model.keras"), tokenizer)
    assert loaded.config == translator.config
    assert loaded.translate(TEXTS) == translator.translate(TEXTS)


def test_languages_may_have_a_vocabulary_each(two_vocabularies, tmp_path):
    assert two_vocabularies.target_tokenizer is not two_vocabularies.source_tokenizer
    translations = two_vocabularies.translate(TEXTS, beam_size=2)
    assert len(translations) == len(TEXTS)
    two_vocabularies.save(tmp_path)
    assert {"source.model", "target.model"} == {path.name for path in tmp_path.glob("*.model")}


def test_a_saved_translator_replaces_the_one_before(translator, two_vocabularies, tmp_path):
    for each, names in ((translator, {"tokenizer.model"}), (two_vocabularies, {"source.model", "target.model"})) * 2:
        each.save(tmp_path)
        assert {path.name for path in tmp_path.glob("*.model")} == names
        assert Translator.load(tmp_path).config == each.config


def test_nothing_is_saved_into_the_folder_of_a_running_training(translator, tmp_path):
    with held_folder(tmp_path):
        with pytest.raises(InputError, match="another training writes to this folder"):
            translator.save(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {"checkpoints"}
