"""Tests of recipes with `init_from`: what they take from the model, and what contradicts it."""

import json
import pathlib
import re
import shutil

import m2m100_folders
import pytest
from marian_folders import make_plain_folder

from keras_transformer.errors import InputError
from keras_transformer.importing import M2M100Folder, MarianFolder, OpenNMTTFFolder
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.quantization import Quantization
from keras_transformer.models.quantization_note import QuantizationNote
from keras_transformer.recipes import load_recipe, save_recipe
from keras_transformer.saving.model_folder import save_model_folder
from keras_transformer.text import TextFacts, learn_vocabulary
from keras_transformer.trainer.recipe_data import recipe_tokenizers
from keras_transformer.trainer.recipe_inputs import recipe_config
from keras_transformer.trainer.resumed_recipe import settled_recipe
from keras_transformer.trainer.training_checks import check_before_training

RUNS = pathlib.Path(__file__).parents[1] / "importing" / "opennmt_tf"
RECIPE = '[data]\ncorpus = "phrases"\n[training]\ninit_from = "base"\n'
LINES = ["나는 어제 카페에 갔다.", "I went to the cafe yesterday."] * 20


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder with the model folder `base`."""
    folder = tmp_path_factory.mktemp("initial")
    tokenizer = learn_vocabulary(LINES, 290, "bpe")
    config = TransformerConfig(
        vocabulary_size=290, num_encoder_layers=1, num_decoder_layers=2, hidden_dim=16, intermediate_dim=24,
        num_heads=2, dropout=0.2, max_length=50, normalize_first=True, activation="silu",
    )  # fmt: skip
    save_model_folder(folder / "base", build_transformer(config), config, tokenizer, tokenizer, TextFacts("ko", "en"))
    return folder


@pytest.fixture
def settled(base, tmp_path):
    """Loads a recipe in the folder of `base` with settings, and settles it."""

    def settled(*settings, output=None, resume=False):
        (base / "recipe.toml").write_text(RECIPE)
        return settled_recipe(load_recipe(base / "recipe.toml", settings), output or tmp_path / "model", resume)

    return settled


def test_vocabulary_architecture_and_languages_are_those_of_the_model(settled, base):
    recipe = settled()
    tokenizers = recipe_tokenizers(recipe, None)
    assert tokenizers.source.model == (base / "base" / "tokenizer.model").read_bytes()
    fields = json.loads((base / "base" / "config.json").read_text())["model"]
    assert recipe_config(recipe, tokenizers).to_dict() == fields
    assert (recipe.data.source_language, recipe.data.target_language) == ("ko", "en")
    assert (recipe.data.max_length, recipe.data.lowercase) == (50, False)


def test_the_keys_without_weights_can_differ(settled):
    recipe = settled("model.dropout=0.4", "model.attention_dropout=0.1", "data.max_length=30",
                     "vocabulary.sampling=0.1", "data.target_language='en-GB'")  # fmt: skip
    assert (recipe.model.dropout, recipe.model.attention_dropout, recipe.model.activation) == (0.4, 0.1, "silu")
    assert (recipe.data.max_length, recipe.vocabulary.sampling) == (30, 0.1)
    assert (recipe.data.source_language, recipe.data.target_language) == ("ko", "en-GB")


def test_the_written_recipe_of_a_learned_vocabulary_can_be_given(settled):
    settled("vocabulary.normalization='nmt_nfkc'")


def test_keys_that_agree_can_be_given(settled):
    settled("model.hidden_dim=16", "vocabulary.size=290", "vocabulary.model_type='bpe'", "vocabulary.shared=true",
            "data.lowercase=false", "model.normalize_first=true")  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("model.hidden_dim=32", "[model] hidden_dim = 32 contradicts the model of [training] init_from, which has 16."),
        ("model.num_heads=4", "[model] num_heads = 4 contradicts"),
        ("model.normalize_first=false", "[model] normalize_first = false contradicts the model of [training] "
         "init_from, which has true. Remove the key."),
        ("model.preset='small'", "[model] preset = small contradicts the model of [training] init_from, which has "
         "num_encoder_layers 1."),
        ("vocabulary.size=300", "[vocabulary] size = 300 contradicts the model of [training] init_from, which has 290"),
        ("vocabulary.shared=false", "[vocabulary] shared = false contradicts"),
        ("vocabulary.model_type='unigram'", "[vocabulary] model_type = unigram contradicts the model of [training] "
         "init_from, which has bpe. Remove the key."),
        ("vocabulary.normalization='identity'", "[vocabulary] normalization cannot be given with [training] init_from"),
        ("vocabulary.file='own.model'", "[vocabulary] file cannot be given with [training] init_from"),
        ("data.lowercase=true", "[data] lowercase = true contradicts the model of [training] init_from"),
        ("training.lora_rank=17", "[training] lora_rank must be at most the width of the model of init_from, 16."),
        ("training.batch_tokens=40", "[training] batch_tokens must be at least [data] max_length"),
        ("training.init_from='missing'", "missing: expected a model folder, but it does not exist."),
        ("training.init_from='.'", "not a complete model folder, config.json and model.weights.h5 and tokenizer.model"),
    ],
)  # fmt: skip
def test_a_contradiction_is_one_line(settled, setting, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        settled(setting)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", ["training.freeze=['encoder']", "training.lora_rank=2"])
def test_freezing_and_low_rank_updates_need_a_model(tmp_path, setting):
    (tmp_path / "recipe.toml").write_text('[data]\ncorpus = "phrases"\n')
    recipe = load_recipe(tmp_path / "recipe.toml", [setting])
    with pytest.raises(InputError, match=r"needs init_from, because random weights would remain untrained"):
        check_before_training(recipe, tmp_path / "model")


def test_a_quantised_model_is_refused(settled, base, monkeypatch):
    note = QuantizationNote({}, Quantization("int8"))
    monkeypatch.setattr("keras_transformer.trainer.initial_model.load_config_and_note", lambda path: (None, note))
    monkeypatch.setattr(note, "to_json", lambda config: [{"mode": "int8"}])
    with pytest.raises(InputError, match=r"base: the model is quantised and cannot be trained\. Start from the model"):
        settled()


def test_a_marian_folder_must_be_converted(settled, base):
    with pytest.raises(InputError, match=r"this is a folder of another toolkit\. Convert it: keras-transformer import"):
        settled(f"training.init_from='{make_plain_folder(base / 'marian')}'")


def test_a_multilingual_model_is_trained_for_the_languages_of_the_recipe(settled, base, tmp_path):
    imported = M2M100Folder(m2m100_folders.make_plain_folder(tmp_path / "m2m100"))
    imported.save(tmp_path / "imported")
    start = f"training.init_from='{tmp_path / 'imported'}'"
    recipe = settled(start)
    config = recipe_config(recipe, recipe_tokenizers(recipe, None))
    assert config == imported.config
    assert (config.first_position, recipe.data.target_language) == (2, "fr")
    assert recipe.as_run()["model"]["target_prefix"] == config.target_prefix
    save_recipe(recipe, tmp_path / "recipe.toml")
    assert load_recipe(tmp_path / "recipe.toml").model.target_prefix == config.target_prefix
    other = settled(start, "data.target_language='de'")
    tokenizer = imported.tokenizers.target
    assert tokenizer.token(other.model.target_prefix) == "__de__"
    assert other.model.source_prefix == config.source_prefix
    assert settled(start, f"model.target_prefix={config.target_prefix}").model.target_prefix == config.target_prefix
    with pytest.raises(InputError, match=r"\[data\] target language: expected a language of .*Received: 'xh-Latn'"):
        settled(start, "data.target_language='xh-Latn'")
    with pytest.raises(InputError, match=r"\[model\] first_position = 0 contradicts"):
        settled(start, "model.first_position=0")


def test_an_opennmt_tf_model_keeps_its_architecture(settled, tmp_path):
    imported = OpenNMTTFFolder(RUNS / "words")
    imported.save(tmp_path / "imported")
    recipe = settled(f"training.init_from='{tmp_path / 'imported'}'")
    config = recipe_config(recipe, recipe_tokenizers(recipe, None))
    assert config == imported.config
    assert (config.source_end, recipe.as_run()["model"]["source_end"]) == (False, False)
    assert {"source_prefix", "target_prefix"}.isdisjoint(recipe.as_run()["model"])


@pytest.mark.parametrize("separate", [False, True])
def test_an_imported_model_keeps_its_architecture(settled, base, tmp_path, separate):
    marian = MarianFolder(make_plain_folder(tmp_path / "marian", separate=separate))
    marian.save(tmp_path / "imported")
    recipe = settled(f"training.init_from='{tmp_path / 'imported'}'")
    tokenizers = recipe_tokenizers(recipe, None)
    config = recipe_config(recipe, tokenizers)
    assert config == marian.config
    assert (config.output_bias, config.activation, config.normalize_first) == (True, "silu", False)
    assert config.share_embeddings is not separate
    assert tokenizers == marian.tokenizers
    # The recipe as run can be read again.
    save_recipe(recipe, tmp_path / "model" / "recipe.toml")
    assert load_recipe(tmp_path / "model" / "recipe.toml").model.share_embeddings is not separate


def test_a_resumed_training_does_not_need_the_folder(settled, base, tmp_path):
    output = tmp_path / "model"
    recipe = settled("model.dropout=0.4")
    save_recipe(recipe, output / "recipe.toml")
    recipe_tokenizers(recipe, None).save(output)
    shutil.move(base / "base", base / "gone")
    try:
        check_before_training(load_recipe(base / "recipe.toml", ["model.dropout=0.4"]), output, resume=True)
        # The key itself can be missing or name another folder. Nothing is read from there.
        (tmp_path / "plain.toml").write_text('[data]\ncorpus = "phrases"\n')
        found = settled_recipe(load_recipe(tmp_path / "plain.toml"), output, resume=True)
        assert found == recipe.model_copy(update={"vocabulary": found.vocabulary})
        with pytest.raises(InputError, match=r"\[model\] dropout of the recipe differs from the interrupted training"):
            check_before_training(load_recipe(base / "recipe.toml", ["model.dropout=0.3"]), output, resume=True)
        frozen = load_recipe(base / "recipe.toml", ["model.dropout=0.4", "training.freeze=['encoder']"])
        with pytest.raises(InputError, match=r"\[training\] freeze of the recipe differs from the interrupted"):
            check_before_training(frozen, output, resume=True)
    finally:
        shutil.move(base / "gone", base / "base")


def test_a_training_without_a_model_cannot_be_resumed_with_one(settled, tmp_path):
    save_recipe(load_recipe("phrases"), tmp_path / "model" / "recipe.toml")
    recipe = settled(output=tmp_path / "model", resume=True)
    with pytest.raises(InputError, match=r"\[training\] init_from of the recipe differs from the interrupted"):
        check_before_training(recipe, tmp_path / "model", resume=True)
