"""The engine of a model folder with tags of the target's language and placeholders."""

import keras
import pytest

from keras_transformer.generation import SearchSettings
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.serving.directions import directions_of
from keras_transformer.serving.model_folder_engine import ModelFolderEngine
from keras_transformer.text import TextFacts, learn_vocabulary
from keras_transformer.text.placeholder_kinds import placeholder_symbols
from keras_transformer.translator import Translator

LINES = ["a small text", "another one", "see it", "the text of another"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    symbols = ["<2de>", "<2en>", *placeholder_symbols(["url"])]
    tokenizer = learn_vocabulary(LINES, user_defined_symbols=symbols)
    config = TransformerConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=16,
        num_heads=2,
        max_length=24,
        source_prefix=tokenizer.symbols["<2en>"],
    )
    keras.utils.set_random_seed(3)
    texts = TextFacts("de", "en", directions=(("de", "en"), ("en", "de")))
    folder = tmp_path_factory.mktemp("tagged") / "model"
    Translator(build_transformer(config), tokenizer, texts=texts).save(folder)
    return folder


@pytest.mark.slow
def test_the_tag_of_the_target_is_chosen(folder):
    translator = Translator.load(folder)
    directions = directions_of(translator)
    assert directions.pairs == [("de", "en"), ("en", "de")]
    assert directions.find("de", "fr") is None
    symbols = translator.tokenizers.source.symbols
    found = directions.find("en", "de")
    assert (found.source, found.source_prefix, found.target) == ("en", symbols["<2de>"], "de")


@pytest.mark.slow
def test_the_engine_translates_as_the_translator(folder):
    settings = SearchSettings(beam_size=2, n_best=2)
    engine = ModelFolderEngine(folder, settings)
    texts = [*LINES, "see https://a.b and https://c.d", "https://a.b", ""]
    for pair in (("de", "en"), ("en", "de")):
        translator = Translator.load(folder, target_language=pair[1])
        expected = translator.translate(texts, settings=settings)
        rows = engine.run("n_best", texts, engine.directions.find(*pair))
        assert [row["translations"] for row in rows] == expected
        rows = engine.run("serving_default", texts, engine.directions.find(*pair))
        found = [row["translation"] for row in rows]
        assert found == [row[0] for row in expected]
        assert all("https://a.b" in text for text in found[4:6])
        assert "https://c.d" in found[4]
