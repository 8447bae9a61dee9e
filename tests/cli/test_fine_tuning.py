"""The command `train` with a model to start from: frozen parts, weighted corpora, low-rank updates, and `--resume`."""

import json
import random
import shutil

import m2m100_folders
import numpy as np
import pytest
from marian_folders import lines_of, make_plain_folder
from test_resume_exactly import arrays_of, assert_same, everything_of, finish, kill_at_random

from keras_transformer.callbacks.history_rows import read_history
from keras_transformer.translator import Translator

RECIPE = """\
[data]
train_source = ["train.en", "new.en"]
train_target = ["train.de", "new.de"]
weights = [1, 3]
validation_source = "validation.en"
validation_target = "validation.de"

[model]
dropout = 0.1

[training]
epochs = 2
batch_tokens = 256
learning_rate = 0.01
warmup_steps = 5
save_every = 2
seed = 4

[evaluation]
at_end = false
"""


@pytest.fixture
def tuning(corpus, model):
    """The folder of a corpus with a recipe for fine-tuning, new text, and the trained model as `general`."""
    for language in ("en", "de"):
        lines = (corpus / f"validation.{language}").read_text().splitlines(keepends=True)
        (corpus / f"new.{language}").write_text("".join(lines[:8]))
    (corpus / "tune.toml").write_text(RECIPE)
    shutil.copytree(model, corpus / "general")
    return corpus


@pytest.fixture
def train(run, tuning):
    """Runs `train` from `general`, by keys of `[training]` as TOML."""

    def train(output, *settings, resume=(), start="general"):
        options = [option for setting in settings for option in ("--set", f"training.{setting}")]
        return run(
            "train", tuning / "tune.toml", "--init-from", tuning / start, "--output", tuning / output, *options, *resume
        )

    return train


def weights_of(folder):
    """The weights of a model by name, without the states of random numbers."""
    arrays = arrays_of(folder / "model.weights.h5")
    return {name: array for name, array in arrays.items() if "seed_generator" not in name}


def same_weights(folder, other):
    before = weights_of(folder)
    return {name for name, array in weights_of(other).items() if array.tobytes() == before[name].tobytes()}


def is_frozen(name):
    """Whether a weight belongs to the encoder or the embeddings of `general`, which is pre-norm."""
    return name.startswith(
        ("layers/transformer_encoder/", "layers/layer_normalization/", "layers/positional_embedding")
    )


@pytest.mark.slow
def test_a_model_is_trained_further_without_its_frozen_parts(tuning, train):
    result = train("tuned", 'freeze=["encoder", "embeddings"]', "epochs=1")
    assert (result.status, result.output) == (0, f"{tuning / 'tuned'}\n"), result.errors
    assert "Pairs of the corpora in an epoch: 64 x 1, 8 x 3." in result.errors
    assert "train: 0 of 88 pairs dropped." in result.errors
    assert "Learning the vocabulary" not in result.errors
    names = set(weights_of(tuning / "general"))
    assert same_weights(tuning / "general", tuning / "tuned") == set(filter(is_frozen, names))
    assert (tuning / "tuned" / "tokenizer.model").read_bytes() == (tuning / "general" / "tokenizer.model").read_bytes()
    config = json.loads((tuning / "tuned" / "config.json").read_text())
    assert (config["source_language"], config["target_language"], config["model"]["dropout"]) == ("en", "de", 0.1)
    card = (tuning / "tuned" / "README.md").read_text()
    assert "The training started from the model `general`, whose weights file has the SHA-256 `" in card
    assert "Not trained: encoder, embeddings." in card
    assert "| 2 | 8 | 3 |" in card


@pytest.mark.parametrize(
    ("settings", "start", "message"),
    [
        ([], "missing", "[training] init_from: {folder}/missing: expected a model folder, but it does not exist."),
        ([], "new.en", "[training] init_from: {folder}/new.en: expected a model folder, but it does not exist."),
        (["lora_rank=33"], "general", "[training] lora_rank must be at most the width of the model"),
        (['freeze=["all"]'], "general", "[training] freeze: input should be 'encoder', 'decoder' or 'embeddings'"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_writes_nothing(tuning, train, settings, start, message):
    before = sorted(tuning.rglob("*"))
    train("tuned", *settings, start=start).assert_one_error(message.format(folder=tuning))
    assert sorted(path for path in tuning.rglob("*") if path.name != "standard_input") == before


@pytest.mark.slow
def test_low_rank_updates_are_part_of_a_plain_model(tuning, train, run):
    settings = ["lora_rank=4", "average_checkpoints=2"]
    assert train("tuned", *settings, 'freeze=["encoder"]').status == 0
    names = set(weights_of(tuning / "general"))
    kernels = {name for name in names if "transformer_decoder" in name and name.endswith("_dense/vars/0")}
    assert names - same_weights(tuning / "general", tuning / "tuned") == kernels
    assert len(Translator.load(tuning / "tuned").translate(["the cat sees bread ."])) == 1
    assert "Low-rank updates (LoRA) of rank 4" in (tuning / "tuned" / "README.md").read_text()
    exported = run("export", tuning / "tuned", "--format", "saved_model", "--output", tuning / "exported" / "1")
    assert exported.status == 0, exported.errors
    # The result is an initial model as any other.
    (tuning / "tune.toml").write_text(RECIPE + "every = 1\n")
    result = train("again", "lora_rank=2", "ema_momentum=0.9", "precision='bfloat16'", start="tuned")
    assert result.status == 0, result.errors
    assert "val_bleu" in (tuning / "again" / "history.csv").read_text()
    # Not rounded to bfloat16.
    kernel = weights_of(tuning / "again")["layers/transformer_encoder/feed_forward/output_dense/vars/0"]
    assert (kernel.astype("float32").view("uint32") & 0xFFFF).any()


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [['training.freeze=["encoder"]', "data.weights=[2, 3]"], ["training.lora_rank=4", "training.precision=bfloat16"]],
)
def test_a_killed_training_goes_on_exactly_without_the_folder_of_its_model(tuning, settings):
    options = [option for setting in settings for option in ("--set", setting)]
    options += ["--init-from", tuning / "general", "--set", "training.epochs=6"]
    finish(tuning / "tune.toml", tuning / "whole", *options)
    assert kill_at_random(random.Random(1), tuning / "tune.toml", tuning / "killed", *options)
    shutil.rmtree(tuning / "general")
    errors = finish(tuning / "tune.toml", tuning / "killed", "--resume", *options)
    assert "Continuing after epoch" in errors
    assert_same(everything_of(tuning / "killed"), everything_of(tuning / "whole"))


@pytest.mark.slow
def test_a_training_killed_before_its_first_save_starts_from_the_same_weights(tuning, train):
    assert train("whole").status == 0
    killed = tuning / "killed"
    (killed / "checkpoints").mkdir(parents=True)
    for name in ("recipe.toml", "tokenizer.model", "checkpoints/initial.weights.h5", "checkpoints/initial.json"):
        shutil.copy(tuning / "whole" / name, killed / name)
    shutil.rmtree(tuning / "general")
    result = train("killed", resume=["--resume"])
    assert result.status == 0, result.errors
    assert_same(weights_of(killed), weights_of(tuning / "whole"))


@pytest.mark.slow
@pytest.mark.parametrize("separate", [False, True])
def test_an_imported_model_is_trained_further(run, tmp_path, separate):
    make_plain_folder(tmp_path / "marian", separate=separate)
    assert run("import", tmp_path / "marian", "--output", tmp_path / "imported").status == 0
    for side in ("source", "target"):
        (tmp_path / f"text.{side}").write_text("".join(f"{line}\n" for line in lines_of(side, 60)), encoding="utf-8")
    keys = "".join(f'{split}_{side} = "text.{side}"\n' for split in ("train", "validation")
                   for side in ("source", "target"))  # fmt: skip
    recipe = f"[data]\n{keys}[training]\ninit_from = 'imported'\nepochs = 1\n[evaluation]\nat_end = false\n"
    (tmp_path / "tune.toml").write_text(recipe)
    result = run("train", tmp_path / "tune.toml", "--output", tmp_path / "tuned")
    assert result.status == 0, result.errors
    config, before = (json.loads((tmp_path / name / "config.json").read_text()) for name in ("tuned", "imported"))
    assert config["model"] == before["model"]
    for name in ("source.model", "target.model"):
        assert (tmp_path / "tuned" / name).read_bytes() == (tmp_path / "imported" / name).read_bytes()
    assert not np.array_equal(
        *(weights_of(tmp_path / name)["layers/output_bias/vars/0"] for name in ("tuned", "imported"))
    )
    assert run("translate", tmp_path / "tuned", stdin=b"bade figo\n").status == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", ["", "lora_rank = 4\nprecision = 'bfloat16'\n[minimum_risk]\nepochs = 1\ncandidates = 2\n"]
)
def test_a_multilingual_model_is_trained_further(run, tmp_path, more):
    m2m100_folders.make_plain_folder(tmp_path / "m2m100")
    assert run("import", tmp_path / "m2m100", "--output", tmp_path / "imported").status == 0
    for side in ("source", "target"):
        (tmp_path / f"text.{side}").write_text("".join(f"{line}\n" for line in lines_of(side, 24)), encoding="utf-8")
    keys = "".join(f'{split}_{side} = "text.{side}"\n' for split in ("train", "validation")
                   for side in ("source", "target"))  # fmt: skip
    keys += "target_language = 'de'\n"
    recipe = f"[data]\n{keys}[evaluation]\nat_end = false\n[training]\ninit_from = 'imported'\nepochs = 1\n{more}"
    (tmp_path / "tune.toml").write_text(recipe)
    result = run("train", tmp_path / "tune.toml", "--output", tmp_path / "tuned")
    assert result.status == 0, result.errors
    described = json.loads(run("info", tmp_path / "tuned").output)
    assert described["languages"] == {"source": "en", "target": "de"}
    assert run("translate", tmp_path / "tuned", stdin=b"bade figo\n").status == 0
    changed = set(weights_of(tmp_path / "imported")) - same_weights(tmp_path / "imported", tmp_path / "tuned")
    assert changed
    assert all(name.endswith("_dense/vars/0") for name in changed) == bool(more)
    # The recipe of the run has the tokens of both languages.
    again = run("train", tmp_path / "tuned" / "recipe.toml", "--output", tmp_path / "again")
    assert again.status == 0, again.errors


@pytest.mark.slow
def test_minimum_risk_training_after_low_rank_updates_trains_low_rank_updates(tuning):
    options = ["--init-from", tuning / "general", "--set", "training.lora_rank=4", "--set", "training.epochs=1"]
    finish(tuning / "tune.toml", tuning / "tuned", *options)
    before = shutil.copytree(tuning / "tuned", tuning / "before")
    risk = ["--set", "minimum_risk.epochs=2", "--set", "minimum_risk.candidates=2"]
    risk += ["--set", "minimum_risk.learning_rate=0.01"]
    errors = finish(tuning / "tune.toml", tuning / "tuned", "--resume", *options, *risk)
    changed = set(weights_of(before)) - same_weights(before, tuning / "tuned")
    kept = "The model has the weights before this stage" in errors
    assert kept or changed
    assert all(name.endswith("_dense/vars/0") for name in changed)
    losses = read_history(tuning / "tuned" / "checkpoints" / "minimum_risk" / "history.csv")["loss"]
    assert len(losses) == 2
