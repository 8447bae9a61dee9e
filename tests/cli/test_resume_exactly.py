"""Kills real trainings at random times and resumes them. The results equal those of an uninterrupted run."""

import csv
import json
import random
import time

import h5py
import numpy as np
import pytest
from real_processes import finish_training, start_training

# Everything that has a state: two kinds of momentum, sampled subwords, joined sentences, dropout, a best score that
# changes, patience, checkpoints of the best epochs.
RECIPE = """\
[data]
train_source = "train.en"
train_target = "train.de"
validation_source = "validation.en"
validation_target = "validation.de"
max_length = 40

[vocabulary]
size = 290
sampling = 0.3

[model]
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 32
intermediate_dim = 64
num_heads = 2
dropout = 0.2
attention_dropout = 0.1

[training]
epochs = 16
batch_tokens = 120
optimizer = "muon"
learning_rate = 0.02
adam_lr_ratio = 0.5
warmup_steps = 10
concatenation = 0.3
bidirectional_epochs = 6
word_dropout = 0.1
r_drop = 1.0
clip_norm = 1.0
average_checkpoints = 2
average_of = "best"
save_every = 2
seed = 3

[evaluation]
every = 2
tokenize = "none"
patience = 3
at_end = false
"""


def finish(recipe, output, *options):
    status, _, errors = finish_training(recipe, "--output", output, *options)
    assert status == 0, errors
    return errors


def kill_at_random(generator, recipe, output, *options):
    """Starts or resumes the training and kills it at a random time after a save; returns whether it was killed."""
    state = output / "checkpoints" / "state.npz"
    saved = state.stat().st_mtime_ns if state.exists() else 0
    resume = ["--resume"] if (output / "recipe.toml").exists() else []
    with start_training(recipe, "--output", output, *options, *resume) as process:
        try:
            while not state.exists() or state.stat().st_mtime_ns == saved:
                if process.poll() is not None:
                    assert process.returncode == 0, process.stderr.read()
                    return False
                time.sleep(0.001)
            time.sleep(generator.uniform(0, 1.5))
        finally:
            process.kill()
    return True


def arrays_of(weights):
    """The arrays of a weights file by their paths."""
    arrays = {}
    with h5py.File(weights) as file:
        file.visititems(lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return arrays


def everything_of(folder):
    """Returns the results of a training, except its time."""
    with np.load(folder / "checkpoints" / "state.npz") as file:
        state = {name: file[name] for name in file.files}
    position = json.loads(state.pop("position").tobytes())
    position["callbacks"].pop("_Clock")
    with (folder / "history.csv").open(newline="") as file:
        history = [{name: row[name] for name in row if name != "tokens_per_second"} for row in csv.DictReader(file)]
    weights = {path.name: arrays_of(path) for path in [*folder.glob("checkpoints/*.h5"), folder / "model.weights.h5"]}
    return {"state": state, "position": position, "history": history, "weights": weights}


def assert_same(found, expected):
    """Returns whether nested dictionaries are the same, with bit-identical arrays."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            assert_same(found[name], expected[name])
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("kills", "settings"),
    [
        # Without the settings that take each process seconds to trace.
        (
            1,
            [
                *("training.r_drop=0", "training.epochs=4", "training.bidirectional_epochs=2"),
                *("evaluation.every=0", "evaluation.monitor=val_loss"),
            ],
        ),
        pytest.param(3, ["training.epochs=10"], marks=pytest.mark.slow),
        pytest.param(20, ["training.precision=bfloat16", "training.accumulation_steps=2"], marks=pytest.mark.slow),
        pytest.param(20, ["training.optimizer_steps_per_epoch=5", "training.epochs=30"], marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_a_training_killed_again_and_again_ends_as_if_it_never_had_been(corpus, kills, settings):
    generator = random.Random(kills)
    recipe = corpus / "exact.toml"
    recipe.write_text(RECIPE)
    options = [part for setting in settings for part in ("--set", setting)]
    finish(recipe, corpus / "whole", *options)
    expected = everything_of(corpus / "whole")

    killed = corpus / "killed"
    done = 0
    while done < kills:
        if not kill_at_random(generator, recipe, killed, *options):
            killed.rename(corpus / f"whole_{done}")  # It finished. The next one starts from scratch.
            assert_same(everything_of(corpus / f"whole_{done}"), expected)
        done += 1
    assert "Continuing after epoch" in finish(recipe, killed, "--resume", *options)
    assert_same(everything_of(killed), expected)
