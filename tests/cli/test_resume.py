import csv
import os
import pathlib
import shutil
import signal
import time

import h5py
import numpy as np
import pytest
from real_processes import start_training

from keras_transformer.callbacks import TrainingState
from keras_transformer.data import streamed_batches
from keras_transformer.processes.joined_processes import Processes
from keras_transformer.text import learn_vocabulary
from keras_transformer.trainer import train_recipe, training_inputs, training_text
from keras_transformer.translator import Translator


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def epochs_in_history(folder):
    return [row["epoch"] for row in history(folder)]


def train_until_killed(folder, checkpoint):
    """Trains in a separate process and sends SIGKILL after the checkpoint was written."""
    options = ["--output", folder / "model", "--set", "training.epochs=5000"]
    with start_training(folder / "recipe.toml", *options) as process:
        try:
            deadline = time.monotonic() + 120
            while not list((folder / "model").glob(f"checkpoints/{checkpoint}")):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            process.kill()


def test_two_trainings_do_not_write_to_one_folder(run, corpus):
    model = corpus / "model"
    with start_training(corpus / "recipe.toml", "--output", model, "--set", "training.epochs=5000") as process:
        try:
            assert any("Learning the vocabulary" in line for line in process.stderr)
            process.send_signal(signal.SIGSTOP)
            for resume in ([], ["--resume"]):
                result = run("train", corpus / "recipe.toml", "--output", model, *resume)
                result.assert_one_error(
                    f"{model}: ", "no interrupted" if resume else "another training writes to this folder"
                )
            process.send_signal(signal.SIGCONT)
            while not (model / "recipe.toml").exists():
                assert process.poll() is None
                time.sleep(0.01)
            before = (model / "recipe.toml").read_bytes()
            run("train", corpus / "recipe.toml", "--output", model, "--resume").assert_one_error(
                f"{model}: another training writes to this folder"
            )
            assert (model / "recipe.toml").read_bytes() == before
        finally:
            process.kill()


def test_a_model_that_was_finished_since_the_first_look_is_not_overwritten(run, trained, corpus, monkeypatch):
    """Simulates a second training that finishes in the folder after the first has checked it."""

    def finish_another(watch):
        shutil.copytree(trained / "model", corpus / "model")
        return Processes()

    monkeypatch.setattr(train_recipe, "join_processes", finish_another)
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model")
    result.assert_one_error(f"{corpus / 'model'} exists already and is not overwritten")
    for file in filter(pathlib.Path.is_file, (trained / "model").rglob("*")):
        assert (corpus / "model" / file.relative_to(trained / "model")).read_bytes() == file.read_bytes()


def test_an_interrupted_training_names_resume_only_if_it_can_be_resumed(run, corpus, monkeypatch):
    def interrupted_at(module, function, *options):
        def interrupt(*arguments):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(module, function, interrupt)
            result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *options)
        assert result.status == 130
        return result.errors

    assert "--resume" not in interrupted_at(training_inputs, "recipe_tokenizers")
    assert not (corpus / "model").exists()
    line = "Interrupted before the first save. --resume starts again with the same vocabulary."
    assert line in interrupted_at(train_recipe, "evaluation_callbacks").splitlines()
    (corpus / "model" / "checkpoints" / "state.npz").touch()
    line = "Interrupted. --resume continues from the last save."
    assert line in interrupted_at(training_inputs, "recipe_batches", "--resume").splitlines()


def test_nothing_stays_of_a_training_that_could_not_begin(run, corpus):
    result = run("train", corpus / "recipe.toml", "--output", corpus / "models" / "a", "--set", "vocabulary.size=9999")
    assert (result.status, result.output) == (2, "")
    assert not (corpus / "models").exists()


@pytest.mark.slow
def test_a_training_that_was_killed_before_it_began_starts_anew(run, corpus):
    checkpoints = corpus / "model" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for name in (
        "lock",
        "data.json",
        "unfinished_0123456789abcdef_data.json",
        "batch_counts.json",
        "streamed_text.json",
    ):
        (checkpoints / name).touch()
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", "--set", "training.epochs=1")
    assert result.status == 0, result.errors


@pytest.mark.slow
def test_a_killed_training_is_resumed_at_its_last_save(run, corpus):
    model = corpus / "model"
    train_until_killed(corpus, "epoch_0002.weights.h5")
    done = TrainingState(model / "checkpoints" / "state.npz", 1).saved_position["epoch"]
    assert done in (1, 2)
    assert run("info", model).status == 2  # An incomplete model is ignored.
    # Leftovers of a kill during a write, and a row of an incomplete epoch.
    (model / "checkpoints" / "unfinished_0123456789abcdef_state.npz").write_bytes(b"half")
    (model / "unfinished_0123456789abcdef_model.weights.h5").write_bytes(b"half")
    with (model / "history.csv").open("a") as file:
        file.write(f"{done},1.0,2.0")

    options = ["train", corpus / "recipe.toml", "--output", model, "--set", f"training.epochs={done + 2}", "--resume"]
    result = run(*options)
    assert (result.status, result.output) == (0, f"{model}\n")
    assert f"Continuing after epoch {done}." in result.errors
    assert epochs_in_history(model) == [str(epoch) for epoch in range(done + 2)]
    assert not list(model.rglob("unfinished_*"))
    assert len(Translator.load(model).translate(["the cat sees bread ."])) == 1

    # Nothing is left to do. This is no error.
    assert run(*options).status == 0
    assert epochs_in_history(model) == [str(epoch) for epoch in range(done + 2)]
    assert "| val_loss | " in (model / "README.md").read_text()


@pytest.mark.slow
def test_a_training_killed_before_its_first_checkpoint_begins_anew(run, model, tmp_path):
    output = tmp_path / "model"
    output.mkdir()
    shutil.copy(model / "recipe.toml", output)
    # The saved recipe can be trained, too.
    options = ["--output", output, "--resume", "--set", "training.epochs=1"]
    assert run("train", model / "recipe.toml", *options).status == 0
    assert epochs_in_history(output) == ["0"]
    assert (output / "tokenizer.model").read_bytes() == (model / "tokenizer.model").read_bytes()
    first, again = (float(history(folder)[0]["val_loss"]) for folder in (model, output))
    assert again == pytest.approx(first, rel=1e-4)


@pytest.mark.parametrize(
    ("setting", "section"),
    [
        ("data.max_length=30", "[data] max_length"),
        ("vocabulary.size=290", "[vocabulary] size"),
        ("model.hidden_dim=64", "[model] hidden_dim"),
        ("training.label_smoothing=0.0", "[training] label_smoothing"),
        ("training.seed=5", "[training] seed"),
    ],
)
def test_another_recipe_cannot_resume(run, trained, setting, section):
    model = trained / "model"
    before = (model / "recipe.toml").read_bytes()
    result = run("train", trained / "recipe.toml", "--output", model, "--resume", "--set", setting)
    result.assert_one_error(
        f"{section} of the recipe differs from the interrupted training",
        "recipe.toml",
        "These keys can change: [data] glossary, homepage, license, ",
        "epochs, init_from, learning_rate, ",
    )
    assert (model / "recipe.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_where_nothing_was_trained_nothing_can_be_resumed(run, corpus, name):
    (corpus / "empty").mkdir()
    result = run("train", corpus / "recipe.toml", "--output", corpus / name, "--resume")
    result.assert_one_error(f"{corpus / name}: there is no interrupted training to resume")
    assert not (corpus / "missing").exists()
    assert not list((corpus / "empty").iterdir())


@pytest.mark.slow
def test_evaluations_may_begin_when_training_is_resumed(run, trained, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(trained / "model", model)
    settings = ["training.epochs=5", "evaluation.every=1", "evaluation.tokenize=none", "training.average_checkpoints=4"]
    options = [part for setting in settings for part in ("--set", setting)]
    result = run("train", trained / "recipe.toml", "--output", model, "--resume", *options)
    assert result.status == 0, result.errors
    # Two of the first four were kept.
    assert "Averaged 3 epochs instead of 4. The others were not kept.\n" in result.errors
    rows = history(model)
    assert [row["val_bleu"] != "" for row in rows] == [False] * 4 + [True]
    assert [row["val_loss"] for row in rows[:4]] == [row["val_loss"] for row in history(trained / "model")]


def test_other_text_cannot_resume(run, trained, tmp_path):
    copy = shutil.copytree(trained, tmp_path / "copy")
    # Another name changes nothing.
    (copy / "train.en").rename(copy / "renamed.en")
    resume = ["train", copy / "recipe.toml", "--output", copy / "model", "--resume"]
    lines = (copy / "train.de").read_text().splitlines()
    (copy / "train.de").write_text("\n".join(lines[::-1]) + "\n")
    result = run(*resume, "--set", f"data.train_source={copy / 'renamed.en'}")
    result.assert_one_error("[data]: train.de (train target) is not the text of the interrupted training")


def test_another_vocabulary_cannot_resume(run, trained, tmp_path):
    copy = shutil.copytree(trained, tmp_path / "copy")
    lines = ["a text", "and another"]
    learn_vocabulary(lines, vocabulary_size=270).save(copy / "other.model")
    resume = ["train", copy / "recipe.toml", "--output", copy / "model", "--resume"]
    result = run(*resume, "--set", f"vocabulary.file={copy / 'other.model'}")
    assert result.status == 2
    assert "other.model is not the vocabulary of the interrupted training" in result.errors


@pytest.mark.slow
def test_more_steps_go_on_within_the_epoch(run, corpus):
    options = ["train", corpus / "recipe.toml", "--set", "training.precision=bfloat16"]
    # An epoch has six steps.
    assert run(*options, "--set", "training.steps=20", "--output", corpus / "whole").status == 0
    for steps, resume in [(9, []), (20, ["--resume"])]:
        settings = ["--set", f"training.steps={steps}"]
        assert run(*options, *settings, "--output", corpus / "model", *resume).status == 0
    for name in ("loss", "val_loss", "learning_rate"):
        expected, found = ([row[name] for row in history(corpus / each)] for each in ("whole", "model"))
        assert found == expected


@pytest.mark.slow
def test_a_training_that_ended_within_an_epoch_has_the_same_average_when_resumed(run, corpus):
    settings = ["training.steps=15", "training.average_of=best", "evaluation.monitor=val_loss"]
    options = [part for setting in settings for part in ("--set", setting)]
    train = ["train", corpus / "recipe.toml", "--output", corpus / "model", *options]
    assert run(*train).status == 0
    weights = (corpus / "model" / "model.weights.h5").read_bytes()
    assert run(*train, "--resume").status == 0
    assert (corpus / "model" / "model.weights.h5").read_bytes() == weights


@pytest.mark.slow
@pytest.mark.parametrize("held_out", [0.0, 0.2])
def test_a_resumed_training_reads_no_text_before_its_window(run, corpus, monkeypatch, held_out):
    """The first lines are destroyed before `--resume`, and the weights equal those of an uninterrupted training."""
    monkeypatch.setattr(training_text, "_MOST_KEPT_BYTES", 0)
    monkeypatch.setattr(streamed_batches, "POOL_LINES", 10)
    monkeypatch.setattr(streamed_batches, "SHUFFLE_LINES", 20)
    settings = ["batch_tokens=40", "optimizer_steps_per_epoch=10", "save_every=4", "average_checkpoints=1"]
    options = [option for setting in settings for option in ("--set", f"training.{setting}")]
    options += ["--set", f"data.held_out={held_out}"] if held_out else []
    if held_out:
        recipe = (corpus / "recipe.toml").read_text()
        kept = [line for line in recipe.splitlines() if not line.startswith("validation_")]
        (corpus / "recipe.toml").write_text("\n".join(kept))

    def train(name, epochs, *more):
        output = corpus / name
        result = run("train", corpus / "recipe.toml", "--output", output, *options, *more, *epochs)
        assert result.status == 0, result.errors
        return output, result.errors

    def epochs(number):
        return ("--set", f"training.epochs={number}", "--set", "training.warmup_steps=10")

    whole, _ = train("whole", epochs(3))
    interrupted, _ = train("interrupted", epochs(2))
    path = corpus / "train.en"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    if not held_out:
        # Only line feeds are counted before the window. Another pass would read this line, but none begins here.
        path.write_bytes(b"\xff" + path.read_bytes()[1:])
        os.utime(path, ns=times)
    _, errors = train("interrupted", epochs(3), "--resume")
    assert "Counting the batches" not in errors
    with h5py.File(whole / "model.weights.h5") as expected, h5py.File(interrupted / "model.weights.h5") as found:

        def compare(name, item):
            if isinstance(item, h5py.Dataset):
                np.testing.assert_array_equal(item[()], found[name][()])

        expected.visititems(compare)
