"""Fixtures of the tests of the command line: a small corpus, a trained model, and a function that runs a command."""

import dataclasses
import pathlib
import random
import sys

import pytest

from keras_transformer.cli import main as command_line
from keras_transformer.saving.ensemble_files import read_ensemble_files
from keras_transformer.text import TextFacts
from keras_transformer.text.direction import Direction
from keras_transformer.translator import Translator

SUBJECTS = {"the cat": "die Katze", "the dog": "der Hund", "a man": "ein Mann", "the child": "das Kind"}
VERBS = {"sees": "sieht", "buys": "kauft", "likes": "mag", "finds": "findet"}
OBJECTS = {
    "a tree": "einen Baum",
    "bread": "Brot",
    "the house": "das Haus",
    "water": "Wasser",
    "an apple": "einen Apfel",
}
PAIRS = [
    (f"{subject} {verb} {thing} .", f"{SUBJECTS[subject]} {VERBS[verb]} {OBJECTS[thing]} .")
    for subject in SUBJECTS
    for verb in VERBS
    for thing in OBJECTS
]
RECIPE = """\
[data]
train_source = "train.en"
train_target = "train.de"
validation_source = "validation.en"
validation_target = "validation.de"
max_length = 40
source_language = "en"
target_language = "de"

[vocabulary]
size = 300

[model]
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 32
intermediate_dim = 64
num_heads = 2
dropout = 0.0
normalize_first = true

[training]
epochs = 4
batch_tokens = 256
learning_rate = 0.02
warmup_steps = 10
average_checkpoints = 2
seed = 0

[evaluation]
at_end = false
"""


@dataclasses.dataclass
class Result:
    """The result of a command."""

    status: int
    output: str
    errors: str

    @property
    def lines(self):
        assert not self.output or self.output.endswith("\n")
        return self.output.split("\n")[:-1]

    def assert_one_error(self, *parts):
        """Asserts status 2 and one line on standard error that contains these parts."""
        assert self.status == 2
        assert self.output == ""
        lines = self.errors.splitlines()
        assert len(lines) == 1, self.errors
        for part in ("keras-transformer: ", *parts):
            assert part in lines[0]


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs a command in this process."""

    def run(*arguments, stdin=b""):
        path = tmp_path / "standard_input"
        path.write_bytes(stdin)
        capsys.readouterr()
        with path.open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            status = command_line.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


def write_corpus(folder):
    """Two text files each for training and validation, the same as tab-separated pairs, and the recipe."""
    pairs = random.Random(0).sample(PAIRS, len(PAIRS))
    for name, part in (("train", pairs[:64]), ("validation", pairs[64:])):
        for language, side in (("en", 0), ("de", 1)):
            text = "".join(pair[side] + "\n" for pair in part)
            (folder / f"{name}.{language}").write_text(text, encoding="utf-8")
    table = "".join(f"{number}\t{target}\t{source}\n" for number, (source, target) in enumerate(pairs))
    (folder / "pairs.tsv").write_text(table, encoding="utf-8")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return folder


@pytest.fixture
def corpus(tmp_path):
    """A folder for one test with the corpus and the recipe."""
    return write_corpus(tmp_path)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a corpus on which the command `train` has trained `model`."""
    folder = write_corpus(tmp_path_factory.mktemp("trained"))
    (folder / "recipe.toml").write_text(RECIPE.replace("at_end = false", "at_end = true"), encoding="utf-8")
    assert command_line.main(["train", str(folder / "recipe.toml"), "--output", str(folder / "model")]) == 0
    return folder


@pytest.fixture(scope="session")
def model(trained) -> pathlib.Path:
    """The model folder; no test may change it."""
    return trained / "model"


@pytest.fixture(scope="session")
def translator(model):
    return Translator.load(model)


@pytest.fixture
def warm(translator, monkeypatch):
    """Lets commands share one loaded translator, whose search is compiled once for all tests."""

    def load(files):
        languages = (files[0].texts.source_language, files[0].texts.target_language)
        translator.texts = TextFacts(*languages, translator.texts.longest_source)
        return translator

    monkeypatch.setattr("keras_transformer.translator.translator_of_files", load)
    monkeypatch.setattr(
        Translator, "load", lambda path, *languages: load(read_ensemble_files(path, Direction(*languages)))
    )
