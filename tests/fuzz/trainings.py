"""Small trainings for tests with kills and full disks, and the comparison of their results."""

import csv
import json
import tomllib

import h5py
import numpy as np

from fuzz.fuzz_property import Failure
from fuzz.texts import SENTENCES

RECIPE = """\
[data]
train_source = "train.source"
train_target = "train.target"
validation_source = "validation.source"
validation_target = "validation.target"
max_length = 60

[vocabulary]
size = 300
{vocabulary}

[model]
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 16
intermediate_dim = 24
num_heads = 2
dropout = 0.1

[training]
epochs = 3
batch_tokens = 300
learning_rate = 0.01
warmup_steps = 5
average_checkpoints = 2
seed = 7
{training}

[evaluation]
at_end = false
"""
# Parts of Latin sentences, so that few characters take the places of a small vocabulary.
_WORDS = " ".join(SENTENCES[1:3]).split()
LINES = [" ".join(_WORDS[start % 20 : start % 20 + 3 + start % 7]) + " ." * (start % 2) for start in range(46)]
# Keys of [vocabulary] and of [training] that change the saved files.
KINDS = [
    ("", ""),
    ("sampling = 0.2", "save_every = 2\nword_dropout = 0.1"),
    ("shared = false", 'average_of = "best"\naccumulation_steps = 2'),
    ('model_type = "bpe"', "optimizer_steps_per_epoch = 3\nsave_every = 1"),
]


def write_training(folder, kind):
    """Writes a recipe with its texts; returns the recipe's path."""
    vocabulary, training = KINDS[kind]
    recipe = RECIPE.format(vocabulary=vocabulary, training=training)
    if 'average_of = "best"' in training:
        recipe += 'monitor = "val_loss"\n'
    folder.mkdir(parents=True, exist_ok=True)
    for split, lines in (("train", LINES[:40]), ("validation", LINES[40:46])):
        (folder / f"{split}.source").write_text("".join(line + "\n" for line in lines))
        (folder / f"{split}.target").write_text("".join(line.lower() + "\n" for line in lines))
    (folder / "recipe.toml").write_text(recipe)
    return folder / "recipe.toml"


def train(commands, folder, recipe, output, **limits):
    """Starts or resumes a training, as a user would; returns its result."""
    resume = ["--resume"] if (output / "recipe.toml").exists() else []
    return commands.run(folder, "train", recipe, "--output", output, *resume, **limits)


def result_of(output):
    """Returns the results of a finished training that must not depend on interruptions."""
    with (output / "history.csv").open(newline="") as file:
        history = [{name: row[name] for name in row if name != "tokens_per_second"} for row in csv.DictReader(file)]
    with h5py.File(output / "model.weights.h5") as file:
        weights = {}
        file.visititems(
            lambda name, item: weights.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None
        )
    names = sorted(path.name for path in output.glob("*.model"))
    return {"history": history, "weights": weights, "tokenizers": [(output / name).read_bytes() for name in names]}


def check_whole_files(output, where):
    """Raises a Failure if a file with its final name is incomplete."""
    for path in output.rglob("*"):
        if path.name.startswith("unfinished_") or not path.is_file():
            continue
        try:
            if path.suffix == ".h5":
                h5py.File(path).close()
            elif path.suffix == ".npz":
                with np.load(path) as file:
                    for name in file.files:
                        file[name]
            elif path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix == ".toml":
                tomllib.loads(path.read_text())
        except Exception as error:
            raise Failure(f"{where}: {path.relative_to(output)} is not whole: {error}") from None
