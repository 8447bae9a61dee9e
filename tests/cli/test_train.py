import csv
import hashlib
import importlib.util
import re
import tomllib

import numpy as np
import pytest

from keras_transformer.cli.main import main
from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.data import text_of_pairs
from keras_transformer.recipes import load_recipe
from keras_transformer.trainer import recipe_data
from keras_transformer.translator import Translator

PAIRS_DATA = """\
[data]
train_pairs = "pairs.tsv"
source_column = 3
target_column = 2
held_out = 0.2
max_length = 40
lowercase = true

[vocabulary]
size = 285
shared = false
sampling = 0.1
"""
MODEL = """\
[model]
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 16
intermediate_dim = 16
num_heads = 2
"""


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_model_folder_has_all_files_of_a_model(model):
    names = {path.name for path in model.iterdir()}
    expected = {"validation.source.txt", "validation.target.txt"}
    expected |= {
        "config.json",
        "tokenizer.model",
        "model.weights.h5",
        "recipe.toml",
        "history.csv",
        "scores.json",
        "README.md",
    }
    assert names == expected | {"checkpoints"}
    assert sorted(path.name for path in (model / "checkpoints").iterdir()) == [
        "batch_counts.json",
        "data.json",
        "epoch_0003.weights.h5",
        "epoch_0004.weights.h5",
        "lock",
        "state.npz",
    ]


def test_the_history_has_a_row_for_every_epoch(model):
    rows = history(model)
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    assert set(rows[0]) == {
        *("epoch", "loss", "perplexity", "token_accuracy", "tokens_per_second", "learning_rate"),
        *("val_loss", "val_perplexity", "val_token_accuracy"),
    }
    assert float(rows[-1]["val_loss"]) < float(rows[0]["val_loss"])


def test_the_recipe_as_run_has_its_defaults_filled_in(trained):
    as_run = tomllib.loads((trained / "model" / "recipe.toml").read_text())
    assert as_run["data"]["train_source"] == str(trained / "train.en")
    assert as_run["data"]["lowercase"] is False
    assert as_run["vocabulary"] == {
        "size": 300,
        "model_type": "unigram",
        "shared": True,
        "sampling": 0.0,
        "normalization": "nmt_nfkc",
        "user_defined_symbols": [],
        "character_coverage": 0.9995,
        "split_digits": False,
    }
    assert as_run["model"] == {
        "preset": "tiny",
        "num_encoder_layers": 1,
        "num_decoder_layers": 1,
        "hidden_dim": 32,
        "intermediate_dim": 64,
        "num_heads": 2,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "intermediate_dropout": 0.0,
        "activation": "relu",
        "normalize_first": True,
        "layer_norm_epsilon": 1e-5,
        "share_output": True,
        "output_bias": False,
    }
    assert as_run["training"]["label_smoothing"] == 0.1
    assert as_run["evaluation"]["every"] == 0
    filled = load_recipe(trained / "recipe.toml").filled().with_loss_rows(as_run["training"]["loss_rows"])
    assert load_recipe(trained / "model" / "recipe.toml") == filled


def test_the_model_card_describes_the_model(model):
    card = (model / "README.md").read_text()
    parts = [
        "# model",
        "| hidden_dim | 32 |",
        "| val_loss | ",
        "| minutes | ",
        "| parameters | ",
        "Python 3",
        "cores |",
    ]
    source = (model.parent / "train.en").read_bytes()
    parts.append(f"| train source | train.en | {len(source):,} | `{hashlib.sha256(source).hexdigest()}` |")
    parts += ["- train: 0 of 64 pairs dropped.", "- validation: 0 of 16 pairs dropped."]
    parts += [
        'train_source = "train.en"',
        "Languages: en to de.",
        "License of the data: not stated.",
        "(sacreBLEU `nrefs:1|case:mixed|",
    ]
    for part in parts:
        assert part in card
    assert str(model.parent) not in card


def test_a_model_that_exists_is_not_overwritten(run, trained):
    before = {path: path.read_bytes() for path in (trained / "model").rglob("*") if path.is_file()}
    result = run("train", trained / "recipe.toml", "--output", trained / "model")
    result.assert_one_error(f"{trained / 'model'} exists already and is not overwritten", "--resume")
    assert {path: path.read_bytes() for path in (trained / "model").rglob("*") if path.is_file()} == before


def test_a_file_in_place_of_the_output_is_not_overwritten(run, corpus):
    (corpus / "model").write_text("precious")
    run("train", corpus / "recipe.toml", "--output", corpus / "model").assert_one_error("exists already")
    assert (corpus / "model").read_text() == "precious"


def test_the_output_is_named_after_the_recipe(run, corpus, monkeypatch):
    monkeypatch.chdir(corpus)
    (corpus / "models" / "recipe").mkdir(parents=True)
    (corpus / "models" / "recipe" / "something").touch()
    run("train", "recipe.toml").assert_one_error("models/recipe exists already")


@pytest.fixture(scope="module")
def pairs_recipe(trained):
    """Tab-separated pairs, lower-cased, two vocabularies, sampling, and a number of steps."""
    path = trained / "pairs.toml"
    path.write_text(f"{PAIRS_DATA}\n{MODEL}\n[training]\nsteps = 7\nbatch_tokens = 256\n")
    return path


@pytest.fixture(scope="module")
def pairs_model(pairs_recipe, trained):
    assert main(["train", str(pairs_recipe), "--output", str(trained / "pairs_model")]) == 0
    return trained / "pairs_model"


def test_held_out_splits_share_no_target_sentence(pairs_recipe):
    splits = recipe_data.recipe_pairs(load_recipe(pairs_recipe).data)
    sentences = [set(map(tuple, splits[name].as_numpy_iterator())) for name in ("train", "validation", "test")]
    assert sum(map(len, sentences)) == 80
    targets = [{target for _, target in split} for split in sentences]
    assert not targets[0] & targets[1]
    assert not targets[0] & targets[2]
    assert not targets[1] & targets[2]
    assert all(len(split) >= 8 for split in sentences[1:])


@pytest.mark.slow
def test_pairs_train_a_model_with_two_vocabularies(pairs_model):
    names = {path.name for path in pairs_model.iterdir()}
    assert {"source.model", "target.model"} <= names
    assert "tokenizer.model" not in names
    translator = Translator.load(pairs_model)
    assert translator.source_tokenizer.model != translator.target_tokenizer.model
    assert len(translator.translate(["the cat sees bread .", ""])) == 2
    source = translator.source_tokenizer
    assert source.tokenize(["THE CAT"]).to_list() == source.tokenize(["the cat"]).to_list()


def test_the_test_set_that_was_held_out_is_kept(pairs_model, pairs_recipe):
    kept = [(pairs_model / f"test.{side}.txt").read_text().splitlines() for side in ("source", "target")]
    pairs = text_of_pairs(recipe_data.recipe_pairs(load_recipe(pairs_recipe).data)["test"])
    assert list(zip(*kept, strict=True)) == list(pairs)


def test_steps_end_the_training_in_the_middle_of_an_epoch(pairs_model):
    with np.load(pairs_model / "checkpoints" / "state.npz") as state:
        assert state["optimizer_0000"] == 7


@pytest.mark.slow
def test_the_embedded_corpus_and_a_given_vocabulary_train(run, model, tmp_path, monkeypatch):
    some = {split: pairs[:300] for split, pairs in phrase_splits().items()}
    monkeypatch.setattr(recipe_data, "phrase_splits", lambda: some)
    recipe = tmp_path / "phrases.toml"
    recipe.write_text('[data]\ncorpus = "phrases"\nmax_length = 128\n' + MODEL + "[training]\nsteps = 2\n")
    vocabulary = model / "tokenizer.model"
    result = run("train", recipe, "--set", f"vocabulary.file={vocabulary}", "--output", tmp_path / "phrases")
    assert result.status == 0
    assert (tmp_path / "phrases" / "tokenizer.model").read_bytes() == vocabulary.read_bytes()
    assert len(history(tmp_path / "phrases")) == 1


def train_one_step(run, recipe, data, output, *settings):
    """Trains on other data for a step; returns the result and its message about dropped pairs."""
    text = recipe.read_text()
    text = data + text[text.index("[vocabulary]") :]
    replaced = (("epochs = 4", "steps = 1"), ("_steps = 10", "_steps = 1"), ("checkpoints = 2", "checkpoints = 1"))
    for before, after in replaced:
        text = text.replace(before, after)
    recipe.write_text(text)
    result = run("train", recipe, "--output", output, *settings)
    assert result.status == 0, result.errors
    return result, [line for line in result.errors.splitlines() if "dropped" in line]


@pytest.mark.slow
def test_dropped_pairs_are_printed_and_in_the_card(run, corpus):
    with (corpus / "pairs.tsv").open("a") as file:
        file.write("\t\t\n\n \t\n\u3000\n80\t\tthe cat\n\t\t\t\n\n")
    data = '[data]\ntrain_pairs = "pairs.tsv"\nsource_column = 3\nvalidation_pairs = "pairs.tsv"\nmax_length = 40\n\n'
    # The name of the folder must not control the terminal.
    output = corpus / "a\x1b[31m model"
    result, said = train_one_step(run, corpus / "recipe.toml", data, output)
    assert result.lines == [f"{corpus}/a\\x1b[31m model"]
    assert said == [f"{split}: 5 of 85 pairs dropped: 5 blank." for split in ("train", "validation")]
    assert [f"- {line}" in (output / "README.md").read_text() for line in said] == [True, True]


@pytest.mark.slow
def test_quotes_are_text_and_long_pairs_are_printed_and_in_the_card(run, corpus, cases):
    quotes = cases / "quotes.tsv"
    data = f"[data]\ntrain_pairs = '{quotes}'\nvalidation_pairs = '{quotes}'\nmax_length = 64\n\n"
    settings = ["--set", "vocabulary.size=600"]
    _, said = train_one_step(run, corpus / "recipe.toml", data, corpus / "model", *settings)
    for line, split in zip(said, ("train", "validation"), strict=True):
        number = re.fullmatch(rf"{split}: (\d+) of 300 pairs dropped: \1 longer than 64 tokens\.", line)[1]
        assert 30 < int(number) < 300
        assert f"- {line}" in (corpus / "model" / "README.md").read_text()


def test_an_extra_that_is_not_installed_is_named(run, corpus, model, monkeypatch):
    find_spec = importlib.util.find_spec
    missing = ("tensorboard", "jax", "matplotlib", "ctranslate2", "torch")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else find_spec(name))
    options = ["train", corpus / "recipe.toml", "--output", corpus / "model"]
    run(*options, "--set", "training.tensorboard=true").assert_one_error("pip install tensorboard (the extra")
    run(*options, "--processes", 2).assert_one_error("pip install jax (the extra")
    run("plot", model, "--positions").assert_one_error('pip install matplotlib (the extra "plots"')
    export = ["export", model, "--format", "ctranslate2", "--output", corpus / "exported"]
    run(*export).assert_one_error("pip install ctranslate2 (the extra")
    export = ["export", model, "--format", "huggingface", "--output", corpus / "exported"]
    run(*export).assert_one_error('pip install transformers torch (the extra "huggingface"')
    assert not (corpus / "model").exists()
