"""Tests of errors of `train`: one line, before any work starts, without written files."""

import bz2
import gzip
import lzma
import math
import shutil

import pytest
import sentencepiece
import zstandard

from keras_transformer.recipes import load_recipe
from keras_transformer.trainer import prepared_training, training_inputs, training_text

LINES = "the cat sees bread .\n" * 8


def remove_epochs(recipe):
    """Removes the key `training.epochs` of a recipe, which excludes `training.steps`."""
    lines = recipe.read_text().split("\n")
    recipe.write_text("\n".join(line for line in lines if not line.startswith("epochs")))


@pytest.fixture
def refused(run, corpus):
    """Runs `train` with some keys set, and asserts an error and no written file."""

    def refused(*settings, parts):
        before = sorted(corpus.rglob("*"))
        options = [option for setting in settings for option in ("--set", setting)]
        result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *options)
        result.errors = result.errors.removeprefix("Learning the vocabulary ...\n").removeprefix(
            "Counting the batches ...\n"
        )
        result.assert_one_error(*parts)
        assert sorted(path for path in corpus.rglob("*") if path.name != "standard_input") == before

    return refused


@pytest.fixture
def before_any_work(monkeypatch):
    def work(*arguments):
        raise AssertionError("work has begun")

    monkeypatch.setattr(training_inputs, "recipe_tokenizers", work)


def test_a_file_that_changes_after_it_was_checked_is_named(refused, corpus, monkeypatch):
    unchecked = training_text.TrainingText(
        load_recipe(corpus / "recipe.toml").data, kept={"train": None, "validation": None}
    )
    monkeypatch.setattr(prepared_training, "read_training_text", lambda data, before: unchecked)
    (corpus / "train.en").write_text("the cat\nthe\rdog\n")
    refused(parts=["train.en, line 2: a carriage return within the line"])


@pytest.mark.usefixtures("before_any_work")
class TestBeforeAnyWork:
    @pytest.mark.parametrize("key", ["train_source", "train_target", "validation_source", "validation_target"])
    def test_a_missing_file_is_named(self, refused, corpus, key):
        refused(f"data.{key}={corpus / 'missing'}", parts=[f"{corpus / 'missing'}: No such file or directory."])

    def test_a_folder_in_place_of_a_file_is_named(self, refused, corpus):
        refused(f"data.train_source={corpus}", parts=[f"{corpus}: Is a directory."])

    @pytest.mark.parametrize("model_type", ["word", "char"])
    def test_a_vocabulary_that_cannot_be_sampled_is_named(self, refused, corpus, model_type):
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus / "train.en"), model_prefix=str(corpus / "own"), model_type=model_type, vocab_size=300,
            hard_vocab_limit=False, use_all_vocab=True, pad_id=0, unk_id=1, bos_id=2, eos_id=3, minloglevel=2,
        )  # fmt: skip
        refused(
            f"vocabulary.file={corpus / 'own.model'}",
            "vocabulary.sampling=0.1",
            parts=[
                f"{corpus / 'own.model'}: subword sampling needs",
                f"type unigram or bpe. Received: the type {model_type}",
            ],
        )

    def test_different_numbers_of_lines_are_both_named(self, refused, corpus):
        (corpus / "train.de").write_text(LINES)
        refused(parts=["the same number of lines", "train.en has 64", "train.de has 8."])

    def test_a_line_that_is_no_utf8_is_named(self, refused, corpus):
        (corpus / "train.de").write_bytes(b"eins\nB\xe4ume\n")
        refused(parts=["train.de, line 2: expected UTF-8, but byte 2 of the line is 0xe4; convert the file to UTF-8."])

    @pytest.mark.parametrize("content", ["", "\n  \n", "\u200b\n\ufeff\u3000\n"])
    def test_an_empty_file_is_named(self, refused, corpus, content):
        (corpus / "train.en").write_text(content)
        refused(parts=["train.en: the file is empty."])

    def test_a_line_with_too_few_columns_is_named(self, refused, corpus):
        (corpus / "recipe.toml").write_text('[data]\ntrain_pairs = "pairs.tsv"\nheld_out = 0.1\n')
        (corpus / "pairs.tsv").write_text("\none\n\ntwo\tzwei\n")
        refused(parts=["pairs.tsv, line 2: expected at least 2 tab-separated columns, but there is 1."])

    def test_a_row_with_a_tab_within_its_text_is_named(self, refused, corpus):
        (corpus / "recipe.toml").write_text('[data]\ntrain_pairs = "pairs.tsv"\nheld_out = 0.1\n')
        (corpus / "pairs.tsv").write_text("one\teins\ntwo\t\tzwei\n")
        refused(parts=["pairs.tsv, line 2: expected 2 tab-separated columns, as in line 1", "but there are 3"])

    @pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
    def test_a_truncated_file_is_named(self, refused, corpus, compress):
        path = corpus / "train.de"
        path.write_bytes(compress(path.read_bytes())[:-5])
        refused(parts=["train.de: the file is compressed (", "but its end is missing. Get the file again."])

    def test_a_vocabulary_file_that_is_none_is_named(self, refused, corpus):
        refused(
            f"vocabulary.file={corpus / 'train.en'}",
            parts=["train.en: expected a SentencePiece model, but this is another file"],
        )

    def test_keys_that_do_not_fit_each_other_are_named(self, refused):
        refused("model.num_heads=3", parts=["[model] `hidden_dim` must be divisible by `num_heads`", "hidden_dim=32"])

    @pytest.mark.parametrize(
        ("settings", "parts"),
        [
            (["training.seed=5000000000"], ["[training] seed", "4294967296"]),
            (["training.adam_lr_ratio=0.5"], ['[training]: adam_lr_ratio needs optimizer = "muon"']),
            (["training.decay=linear", "training.steps=5"], ["needs more steps than warmup_steps", "5 steps in all"]),
            (["evaluation.every=9", "training.epochs=8"], ["[evaluation]: the first evaluation is after 9 epochs"]),
            (["evaluation.every_steps=9", "training.steps=8"], ["[evaluation]: the first evaluation is after 9 steps"]),
        ],
    )
    def test_numbers_that_do_not_fit_are_named(self, refused, corpus, settings, parts):
        if any("training.steps" in setting for setting in settings):
            remove_epochs(corpus / "recipe.toml")
        refused(*settings, parts=parts)

    @pytest.mark.parametrize("output", ["train.en/model", "train.en/new/model"])
    def test_an_output_below_a_file_is_named(self, run, corpus, output):
        result = run("train", corpus / "recipe.toml", "--output", corpus / output)
        result.assert_one_error(f"{corpus / output}: cannot be created, because {corpus / 'train.en'} is not a folder")

    def test_a_recipe_that_is_no_toml_is_named(self, refused, corpus):
        (corpus / "recipe.toml").write_text("[data\n")
        refused(parts=["recipe.toml: ", "(at line 1, column 6): [data."])


def test_a_vocabulary_larger_than_the_text_supports_is_refused(refused):
    refused("vocabulary.size=5000", parts=["The text supports a vocabulary of at most 3", "Received: 5000 tokens"])


def test_too_small_a_vocabulary_is_refused(refused):
    refused("vocabulary.size=100", parts=["[vocabulary] size: input should be greater than or equal to 261"])


def test_text_of_which_no_line_is_left_is_refused(refused):
    refused("data.max_length=3", parts=["train data: No sentence pair is left", "`[data] max_length`"])


def test_nothing_held_out_for_validation_is_refused(refused, corpus):
    recipe = (corpus / "recipe.toml").read_text()
    data = '[data]\ntrain_pairs = "pairs.tsv"\nsource_column = 3\nheld_out = 0.0001\nmax_length = 40\n\n'
    (corpus / "recipe.toml").write_text(data + recipe[recipe.index("[vocabulary]") :])
    refused(parts=["[data] held_out = 0.0001 leaves no pair for validation. Use another fraction"])


@pytest.mark.slow
def test_a_loss_that_is_not_finite_ends_the_training_and_keeps_the_last_checkpoint(run, trained, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(trained / "model", model)
    options = ["train", trained / "recipe.toml", "--output", model, "--resume", "--set", "training.epochs=5"]
    result = run(*options, "--set", "training.learning_rate=1e30")
    assert (result.status, result.output) == (2, "")
    last = result.errors.splitlines()[-1]
    assert last.startswith("keras-transformer: Training stopped: the loss is ")
    assert "in epoch 5, at step " in last
    assert last.endswith("The last checkpoint is kept. Lower the learning rate or raise the number of warm-up steps.")
    for path in (trained / "model" / "checkpoints").iterdir():
        assert (model / "checkpoints" / path.name).read_bytes() == path.read_bytes()

    # A lower rate repairs it from there.
    assert run(*options).status == 0
    rows = (model / "history.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["epoch", "0", "1", "2", "3", "4"]
    assert math.isfinite(float(rows[5].split(",")[1]))


def test_a_decay_that_would_begin_after_the_last_step_is_refused(run, corpus):
    options = ["train", corpus / "recipe.toml", "--output", corpus / "model", "--set", "training.decay=linear"]
    result = run(*options, "--set", "training.warmup_steps=50")
    assert result.status == 2
    message = (
        "[training] decay = 'linear' needs more steps than warmup_steps. Received: warmup_steps=50, 24 steps in all."
    )
    assert message in result.errors
    assert not (corpus / "model").exists()


def test_both_directions_for_longer_than_all_steps_are_refused(run, corpus):
    remove_epochs(corpus / "recipe.toml")
    settings = ["--set", "training.steps=7", "--set", "training.bidirectional_epochs=9"]
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *settings)
    assert result.status == 2
    message = "bidirectional_epochs must be at most the number of epochs. Received: bidirectional_epochs=9, 2 epochs."
    assert f"[training] {message}" in result.errors
    assert not (corpus / "model").exists()


def test_an_evaluation_that_would_come_after_the_last_step_is_refused(run, corpus):
    options = ["train", corpus / "recipe.toml", "--output", corpus / "model", "--set", "evaluation.every_steps=25"]
    result = run(*options)
    assert result.status == 2
    assert "[evaluation]: the first evaluation is after 25 steps, but the training has 24." in result.errors
    assert not (corpus / "model").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["model.intermediate_dim=1000000000000"], "[model] intermediate_dim: must be at most 2,147,483,647"),
        (["model.intermediate_dim=1000000000"], "GiB of memory to be trained, but this machine or container has"),
        (["model.num_encoder_layers=1000000000"], "GiB of memory to be trained, but this machine or container has"),
        (["data.max_length=10000000", "training.batch_tokens=10000000"], "[model] `max_length` must be at most 65,536"),
    ],
)
def test_a_model_beyond_all_memory_is_refused_before_anything_is_made(run, corpus, settings, message):
    options = [option for setting in settings for option in ("--set", setting)]
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *options)
    result.assert_one_error(message)
    assert not (corpus / "model").exists()
