"""Tests of the command `train` with `[minimum_risk]`: learning, resumed runs and reused candidates."""

import json
import re
import shutil
import time

import numpy as np
import pytest
from real_processes import finish_training, start_training

from keras_transformer.callbacks import TrainingState
from keras_transformer.callbacks.history_rows import read_history
from keras_transformer.trainer import minimum_risk_tuning
from keras_transformer.translator import Translator

SETTINGS = ["--set", "minimum_risk.epochs=4", "--set", "minimum_risk.candidates=3"]
SETTINGS += ["--set", "minimum_risk.learning_rate=0.005"]


@pytest.fixture
def model_copy(trained, tmp_path):
    """A copy of a model that was trained without the stage."""
    return shutil.copytree(trained / "model", tmp_path / "model")


def candidates_of(model):
    """The candidates of every sentence and their qualities, in the order of the training pairs."""
    files = sorted((model / "checkpoints" / "minimum_risk").glob("candidates-*.tsv"))
    rows = [line.split("\t") for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [(row[1::2], [float(quality) for quality in row[0::2]]) for row in rows]


def weights_of(model):
    return Translator.load(model).model.get_weights()


def assert_same_weights(found, expected):
    for found_weights, expected_weights in zip(found, expected, strict=True):
        np.testing.assert_array_equal(found_weights, expected_weights)


@pytest.mark.slow
def test_a_trained_model_learns_from_its_own_translations(run, trained, model_copy):
    sources = (trained / "train.en").read_text().splitlines()
    before = Translator.load(model_copy)
    train = ["train", trained / "recipe.toml", "--output", model_copy, "--resume"]
    result = run(*train, *SETTINGS)
    assert (result.status, result.output) == (0, f"{model_copy}\n"), result.errors
    assert "64 training sentences translated." in result.errors

    candidates = candidates_of(model_copy)
    assert len(candidates) == len(sources) == 64
    best = before.translate(sources, beam_size=3, length_penalty=1.0)
    assert [found[0] for found, _ in candidates] == best
    assert all(len(found) == 3 and all(0 <= quality <= 1 for quality in qualities) for found, qualities in candidates)

    losses = read_history(model_copy / "checkpoints" / "minimum_risk" / "history.csv")["loss"]
    assert len(losses) == 4
    assert losses[-1] < losses[0]
    after = Translator.load(model_copy).model.get_weights()
    tuned = json.loads((model_copy / "scores.json").read_text())["minimum_risk"]
    assert tuned["kept"] == ("before" if tuned["before"] > tuned["after"] else "after")
    assert np.array_equal(after[0], before.model.get_weights()[0]) == (tuned["kept"] == "before")
    card = (model_copy / "README.md").read_text()
    assert "own translations" in card
    assert f"val_bleu {tuned['before']:.4f} before, {tuned['after']:.4f} after" in card


@pytest.mark.slow
def test_weights_that_became_worse_are_not_kept(run, trained, model_copy):
    before = weights_of(model_copy)
    train = ["train", trained / "recipe.toml", "--output", model_copy, "--resume", *SETTINGS]
    result = run(*train, "--set", "minimum_risk.learning_rate=1.0")
    assert result.status == 0, result.errors
    assert "The model has the weights before this stage." in result.errors
    assert_same_weights(weights_of(model_copy), before)


@pytest.mark.slow
def test_missing_files_are_made_again_with_the_same_result(run, trained, model_copy, monkeypatch):
    monkeypatch.setattr(minimum_risk_tuning, "_PART_SENTENCES", 25)
    train = ["train", trained / "recipe.toml", "--output", model_copy, "--resume", *SETTINGS]
    assert run(*train).status == 0
    candidates, weights = candidates_of(model_copy), weights_of(model_copy)
    parts = sorted((model_copy / "checkpoints" / "minimum_risk").glob("candidates-*.tsv"))
    assert len(parts) == 3
    parts[1].unlink()
    written = parts[0].stat().st_mtime_ns
    # Sets the time of the first part to 100 minutes. The card has the sum of all parts.
    seconds_file = parts[0].with_name("seconds.json")
    seconds = json.loads(seconds_file.read_text())
    assert list(seconds) == [part.name for part in parts]
    seconds_file.write_text(json.dumps({**seconds, parts[0].name: 6000.0}))
    assert run(*train).status == 0
    assert candidates_of(model_copy) == candidates
    assert parts[0].stat().st_mtime_ns == written
    (minutes,) = re.findall(r"\| minutes \| ([0-9.]+) \|", (model_copy / "README.md").read_text())
    assert 100 <= float(minutes) < 110
    assert_same_weights(weights_of(model_copy), weights)


@pytest.mark.slow
@pytest.mark.parametrize("killed_at", ["start.json", "candidates-000000.tsv", "checkpoints/state.npz"])
def test_a_stage_that_was_killed_ends_as_if_it_never_had_been(trained, model_copy, tmp_path, killed_at):
    recipe = trained / "recipe.toml"
    settings = [*SETTINGS, "--set", "training.save_every=2"]
    whole = shutil.copytree(model_copy, tmp_path / "whole")
    assert finish_training(recipe, "--output", whole, "--resume", *settings)[0] == 0

    with start_training(recipe, "--output", model_copy, "--resume", *settings) as process:
        try:
            while not (model_copy / "checkpoints" / "minimum_risk" / killed_at).exists():
                assert process.poll() is None
                time.sleep(0.001)
        finally:
            process.kill()
    assert finish_training(recipe, "--output", model_copy, "--resume", *settings)[0] == 0
    assert candidates_of(model_copy) == candidates_of(whole)
    assert_same_weights(weights_of(model_copy), weights_of(whole))


@pytest.mark.slow
def test_it_follows_a_training_with_everything_on(run, corpus):
    settings = ["r_drop=1.0", "accumulation_steps=2", "precision=bfloat16", "jit_compile=true", "epochs=1"]
    options = [part for setting in settings for part in ("--set", f"training.{setting}")]
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *SETTINGS, *options)
    assert result.status == 0, result.errors
    history = read_history(corpus / "model" / "checkpoints" / "minimum_risk" / "history.csv")
    assert len(history["val_loss"]) == 4
    assert np.all(np.isfinite(history["val_loss"]))


@pytest.mark.slow
def test_other_keys_begin_the_stage_anew(run, trained, model_copy):
    train = ["train", trained / "recipe.toml", "--output", model_copy, "--resume", *SETTINGS]
    assert run(*train).status == 0
    result = run(*train, "--set", "minimum_risk.candidates=2")
    assert result.status == 0, result.errors
    assert {len(found) for found, _ in candidates_of(model_copy)} == {2}


@pytest.mark.slow
def test_translations_stay_where_only_the_training_on_them_changes(run, trained, model_copy, tmp_path):
    train = ["train", trained / "recipe.toml", "--resume", *SETTINGS]
    at_once = shutil.copytree(model_copy, tmp_path / "at once")
    assert run(*train, "--output", at_once, "--set", "minimum_risk.epochs=2").status == 0
    assert run(*train, "--output", model_copy).status == 0
    result = run(*train, "--output", model_copy, "--set", "minimum_risk.epochs=2")
    assert result.status == 0, result.errors
    assert "sentences translated" not in result.errors
    history = "checkpoints/minimum_risk/history.csv"
    assert read_history(model_copy / history)["loss"] == read_history(at_once / history)["loss"]
    assert_same_weights(weights_of(model_copy), weights_of(at_once))


@pytest.mark.slow
def test_a_corpus_of_one_batch_is_tuned_as_well(run, trained, model_copy):
    train = ["train", trained / "recipe.toml", "--output", model_copy, "--resume", *SETTINGS]
    result = run(*train, "--set", "minimum_risk.epochs=1", "--set", "minimum_risk.batch_tokens=60000")
    assert result.status == 0, result.errors
    state = TrainingState(model_copy / "checkpoints" / "minimum_risk" / "checkpoints" / "state.npz", 2)
    assert state.saved_position["epoch"] == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("default:.*are cut there")
def test_a_stage_that_fails_leaves_the_trained_model_and_advice_that_works(run, corpus):
    # After one step at no rate the model spells bytes, which become more tokens than `max_length`.
    settings = ["training.steps=1", "training.average_checkpoints=1", "training.learning_rate=1e-9"]
    settings += ["training.warmup_steps=1", "data.max_length=22", "vocabulary.normalization=identity"]
    options = [part for setting in settings for part in ("--set", setting)]
    train = ["train", corpus / "recipe.toml", "--output", corpus / "model", *options, *SETTINGS]
    result = run(*train)
    assert (result.status, result.output) == (2, "")
    error = result.errors.splitlines()[-1]
    assert "every training sentence has a translation longer than 22 tokens" in error
    assert len(Translator.load(corpus / "model").translate(["the cat sees bread ."])) == 1
    assert "`[minimum_risk]` of the recipe was not completed" in (corpus / "model" / "README.md").read_text()

    more = ["--set", "training.steps=120", "--set", "training.learning_rate=0.02", "--resume"]
    assert run(*train, *more).status == 0
    assert (corpus / "model" / "checkpoints" / "minimum_risk" / "history.csv").is_file()
