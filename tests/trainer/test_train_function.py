import pathlib
import sys

import pytest

import keras_transformer as kt
from keras_transformer.errors import InputError

PAIRS = [("one", "eins"), ("two", "zwei"), ("one two", "eins zwei"), ("two one", "zwei eins")] * 4
RECIPE = """\
[data]
train_pairs = "pairs.tsv"
validation_pairs = "pairs.tsv"
max_length = 16
[vocabulary]
size = 270
normalization = "identity"
[model]
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 16
intermediate_dim = 16
num_heads = 2
[training]
epochs = 1
batch_tokens = 128
[evaluation]
at_end = false
"""


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "pairs.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS))
    path = tmp_path / "numbers.toml"
    path.write_text(RECIPE)
    return path


@pytest.mark.filterwarnings("ignore:Warning")
@pytest.mark.slow
def test_a_user_trains_and_resumes_from_a_path_or_a_recipe(recipe, tmp_path):
    translator = kt.train(recipe, str(tmp_path / "model"))
    assert isinstance(translator, kt.Translator)
    expected = translator.translate(["one two", ""])
    assert kt.Translator.load(tmp_path / "model").translate(["one two", ""]) == expected
    again = kt.train(kt.recipes.load_recipe(recipe), tmp_path / "model", resume=True)
    assert again.translate(["one two", ""]) == expected


@pytest.mark.filterwarnings("ignore:Warning")
@pytest.mark.slow
def test_a_program_without_standard_streams_trains(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    kt.train(recipe, tmp_path / "model")
    assert (tmp_path / "model" / "config.json").is_file()


def test_a_model_is_not_overwritten(recipe, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    with pytest.raises(InputError, match="exists already and is not overwritten"):
        kt.train(str(recipe), tmp_path / "model")


def test_a_recipe_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match="missing.toml"):
        kt.train(pathlib.Path("missing.toml"), tmp_path / "model")


def test_names_that_a_user_needs_are_public():
    assert kt.metrics.corpus_scores(["one two three four"], ["one two three four"])["bleu"] == pytest.approx(100.0)
    assert kt.generation.SearchSettings is kt.SearchSettings
