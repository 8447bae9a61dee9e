"""Commands that need no model, and errors of the user, import neither TensorFlow nor Keras."""

import dataclasses
import gzip
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from cli.real_processes import REPOSITORY

from keras_transformer.cli.command_group import COMMANDS
from keras_transformer.models.transformer_config import TransformerConfig
from keras_transformer.models.weight_shapes import weight_shapes
from keras_transformer.saving.written_folder import save_streamed_folder
from keras_transformer.text import TextFacts, Tokenizers, learn_vocabulary

# Runs commands one after the other in one process, and stops at the first that imports a large package.
SCRIPT = """
import contextlib, io, json, sys
from keras_transformer.cli.main import main

results = []
for arguments in json.loads(sys.argv[1]):
    output, errors = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = main(arguments)
    imported = sorted({"tensorflow", "tensorflow_text", "keras", "jax", "torch"} & set(sys.modules))
    results.append([status, errors.getvalue(), imported])
    if imported:
        break
print(json.dumps(results))
"""


def run_all(commands, folder):
    """Returns the status, the errors and the imported large packages of each command."""
    commands = [[str(argument) for argument in command] for command in commands]
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(commands)],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    results = json.loads(result.stdout)
    for command, (_, _, imported) in zip(commands, results):
        assert imported == [], command
    assert len(results) == len(commands)
    return results


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the model folder `model`, damaged copies of it, texts and recipes."""
    folder = tmp_path_factory.mktemp("without_tensorflow")
    lines = ["the cat sees the dog .", "a man buys bread ."]
    tokenizer = learn_vocabulary(lines, 280, "bpe")
    size = tokenizer.vocabulary_size
    config = TransformerConfig(
        vocabulary_size=size, num_encoder_layers=1, num_decoder_layers=1, hidden_dim=8, intermediate_dim=8,
        num_heads=2, max_length=16,
    )  # fmt: skip
    parts = [(name, 0, np.zeros(shape, "float32")) for name, shape in weight_shapes(config)]
    changes = {
        "model": {},
        "incomplete": {"model.weights.h5": None},
        "no_config": {"config.json": b"{"},
        "list_config": {"config.json": b"[]"},
        "future": {"config.json": b'{"format_version": 99, "model": {}}'},
        "cut_weights": {"model.weights.h5": b"\x89HDF"},
        "other_tokenizer": {"tokenizer.model": b"no SentencePiece model"},
    }
    for name, files in changes.items():
        texts = TextFacts("en", "de") if name == "model" else None
        save_streamed_folder(folder / name, parts, config, Tokenizers(tokenizer), texts)
        for file, content in files.items():
            if content is None:
                (folder / name / file).unlink()
            else:
                (folder / name / file).write_bytes(content)
    save_streamed_folder(folder / "no_languages", parts, config, Tokenizers(tokenizer))
    other = dataclasses.replace(config, activation="sparse_plus")
    save_streamed_folder(folder / "sparse_plus", parts, other, Tokenizers(tokenizer))
    (folder / "run").mkdir()
    for name in ("ckpt-1.index", "ckpt-1.data-00000-of-00001"):
        (folder / "run" / name).write_bytes(b"")
    for name, content in {
        "text": "\n".join(lines).encode(),
        "longer": b"one\ntwo\nthree\n",
        "latin": "caf\xe9\n".encode("latin-1"),
        "empty": b"",
        "text.gz": gzip.compress(b"one\ntwo\n")[:12],
        "tabs": b"cat\tKatze\n",
        "keys": b"# no key\n",
        "wrong.config": b"model_config_list {",
        "broken.toml": b"[data\n",
        "section.toml": b'[dat]\ncorpus = "phrases"\n',
        "columns.toml": b'[data]\ntrain_pairs = "text"\nvalidation_pairs = "text"\n',
        "glossary.toml": b'[data]\ntrain_source = "text"\ntrain_target = "text"\nvalidation_source = "text"\n'
        b'validation_target = "text"\nplaceholders = ["term"]\nglossary = "text"\n',
        "key.toml": b'[data]\ncorpus = "phrases"\n[training]\nepoch = 3\n',
        "type.toml": b'[data]\ncorpus = "phrases"\n[training]\nepochs = "three"\n',
        "missing.toml": b'[data]\ntrain_source = "no"\ntrain_target = "no"\nvalidation_source = "no"\n'
        b'validation_target = "no"\n',
        "unequal.toml": b'[data]\ntrain_source = "text"\ntrain_target = "longer"\nvalidation_source = "text"\n'
        b'validation_target = "text"\n',
        "latin.toml": b'[data]\ntrain_source = "latin"\ntrain_target = "latin"\nvalidation_source = "text"\n'
        b'validation_target = "text"\n',
        "vocabulary.toml": b'[data]\ncorpus = "phrases"\n[vocabulary]\nfile = "text"\n',
        "init.toml": b'[data]\ncorpus = "phrases"\n[training]\ninit_from = "incomplete"\n',
    }.items():
        (folder / name).write_bytes(content)
    return folder


def test_commands_without_a_model_and_help_succeed(folder):
    commands = [["--help"], ["--version"], ["recipes"], ["info", "model"], ["train", "--keys"]]
    commands += [[command, "--help"] for command in COMMANDS]
    results = run_all(commands, folder)
    assert [status for status, _, _ in results] == [0] * len(commands)


@pytest.mark.slow
def test_pictures_of_no_translation_need_no_tensorflow(folder):
    ((status, errors, _),) = run_all([["plot", "model", "--positions", "--output", folder / "positions.png"]], folder)
    assert (status, errors) == (0, "")
    assert (folder / "positions.png").is_file()


RATIOS_OF_CLEAN = ("--max-dropped", "--max-length-ratio")
TRAIN = ["train", "phrases", "--output", "new"]
EVALUATE = ["evaluate", "model", "--source", "text", "--reference"]
ERRORS = [
    [],
    ["no-such-command"],
    ["--no-such-option"],
    *([command, "missing"] for command in ("info", "translate")),
    *(["translate", name] for name in ("incomplete", "no_config", "cut_weights", "other_tokenizer", "text")),
    *([command, name] for command in ("info", "translate") for name in ("list_config", "future")),
    ["translate", "model", "incomplete"],
    ["info", "cut_weights"],
    ["translate"],
    ["translate", "model", "--no-such-option"],
    ["translate", "model", "--beam-size", "0"],
    ["translate", "model", "--beam-size", "many"],
    ["translate", "model", "--beam-size", "1000", "--input", "text"],
    ["translate", "model", "--length-penalty", "nan"],
    ["translate", "model", "--n-best", "5", "--beam-size", "4"],
    ["translate", "model", "--input", "missing"],
    ["translate", "model", "--input", "model"],
    ["translate", "model", "--input", "latin"],
    ["translate", "model", "--input", "text.gz"],
    ["translate", "model", "--input", "text", "--output", "text"],
    ["translate", "model", "--input", "text", "--output", "model"],
    ["translate", "model", "--input", "text", "--output", "missing/text"],
    ["translate", "model", "--source-language", "no language"],
    ["translate", "no_languages", "--input", "text", "--split-sentences"],
    ["translate", "model", "--prefix", "missing"],
    *(["translate", "model", "--glossary", name] for name in ("missing", "text", "tabs")),
    ["translate", "model", "--alignments", "new", "--output", "new"],
    ["translate", "model", "--alignments", "text", "--input", "text"],
    ["translate", "model", "--alignments", "missing/new"],
    ["translate", "model", "--shortlist"],
    ["translate", "model", "--sample", "--beam-size", "4"],
    ["translate", "model", "--top-k", "5"],
    *(["translate", "model", "--sample", name, "nan"] for name in ("--temperature", "--top-p")),
    ["translate", "model", "--no-repeat-ngram", "0"],
    [*EVALUATE, "missing"],
    [*EVALUATE, "longer"],
    [*EVALUATE, "text", "--metrics", "rouge"],
    [*EVALUATE, "text", "--beam-size", "1000"],
    [*EVALUATE, "text", "--compare", "missing"],
    ["evaluate", "missing", "--source", "text", "--reference", "text"],
    ["evaluate", "model", "--source", "empty", "--reference", "empty"],
    ["score", "missing", "--source", "text", "--target", "text"],
    ["score", "model", "--source", "text", "--target", "longer"],
    ["score", "model", "--source", "latin", "--target", "latin"],
    ["score", "model", "--source", "missing", "--target", "text"],
    ["score", "model", "--source", "text", "--target", "text", "--target-language", "no language"],
    ["info"],
    ["info", "text"],
    ["info", "model", "model"],
    ["train", "missing"],
    ["train", "missing.toml"],
    ["train", "model"],
    *(["train", f"{name}.toml"] for name in ("broken", "key", "type", "unequal", "latin", "vocabulary", "init")),
    *(["train", f"{name}.toml"] for name in ("section", "columns", "glossary")),
    [*TRAIN, "--set", "training.batch_tokens=many"],
    [*TRAIN, "--set", "training.epochs=-1"],
    [*TRAIN, "--set", "epochs"],
    [*TRAIN, "--set", "model.preset=huge"],
    [*TRAIN, "--set", "model.hidden_dim=1000000", "--set", "model.num_heads=1"],
    [*TRAIN, "--set", "training.lora_rank=4"],
    [*TRAIN, "--init-from", "missing"],
    [*TRAIN, "--resume"],
    [*TRAIN, "--processes", "0"],
    ["train", "phrases", "--output", "model"],
    ["train", "phrases", "--output", "text"],
    ["import", "missing", "--output", "new"],
    ["import", "model", "--output", "new"],
    ["import", "model", "--output", "model"],
    ["import", "model"],
    ["import", "text", "--output", "new"],
    ["import", "model", "--output", "new", "--from", "opennmt-tf"],
    ["import", "run", "--output", "new", "--source-vocabulary", "missing"],
    ["import", "run", "--output", "new", "--normalize-punctuation"],
    ["export", "model", "--format", "no"],
    ["export", "model"],
    ["export", "missing", "--format", "tflite"],
    ["export", "incomplete", "--format", "saved_model"],
    ["export", "model", "--format", "tflite"],
    ["export", "model", "--format", "tflite", "--output", "model"],
    ["export", "model", "--format", "tflite", "--text-signature", "--verify", "text"],
    ["export", "model", "--format", "tflite", "--verify", "missing"],
    ["export", "model", "--format", "tflite", "--beam-size", "1000"],
    ["export", "model", "--format", "tflite", "--max-length", "17", "--verify", "text"],
    ["export", "model", "--format", "tflite", "--quantize", "int2"],
    ["export", "model", "--format", "saved_model", "--quantize", "int8"],
    ["export", "model", "--format", "ctranslate2", "--output", "model"],
    ["export", "model", "model", "--format", "ctranslate2"],
    ["export", "model", "--format", "tflite", "--prefix", "a"],
    ["export", "model", "--format", "tflite", "--reference", "text"],
    ["export", "model", "--format", "web"],
    ["export", "model", "--format", "tflite", "--verify", "text", "--output", "text/new.tflite"],
    ["export", "model", "--format", "saved_model", "--verify", "text", "--output", "text/new"],
    ["export", "no_languages", "--format", "argos", "--verify", "text"],
    ["export", "sparse_plus", "--format", "huggingface", "--verify", "text"],
    ["export", "sparse_plus", "--format", "onnx", "--verify", "text"],
    ["export", "model", "--format", "saved_model", "--verify", "text", "--shortlist"],
    ["export", "model", "--format", "saved_model", "--verify", "text", "--jit", "--min-length", "2"],
    ["export", "model", "model", "--format", "saved_model", "--verify", "text", "--jit"],
    ["export", "model", "--format", "tflite", "--verify", "text", "--jit"],
    ["plot", "model"],
    ["plot", "missing", "--positions"],
    ["plot", "missing", "--attention", "a cat"],
    ["plot", "model", "--training"],
    ["plot", "model", "--positions", "--output", "a.txt"],
    ["plot", "model", "--attention", " "],
    ["explain", "missing", "a cat"],
    ["explain", "model", "a cat", "--output", "a.txt"],
    ["explain", "model", "a cat", "--language", "fr"],
    ["explain", "model", "a cat", "--output", "missing/a.html"],
    ["explain", "model", " "],
    ["explain", "model", "a cat " * 20],
    ["explain", "model", "a cat", "--beam-size", "1000"],
    ["translate-corpus", "missing", "text", "new"],
    ["translate-corpus", "model", "text", "new", "--workers", "2"],
    ["translate-corpus", "model", "text", "new", "--engine", "ray", "--gpus-per-worker", "nan"],
    ["translate-corpus", "model", "no_text*", "new"],
    ["translate-corpus", "model", "model", "new"],
    ["translate-corpus", "model", "text", "model"],
    ["translate-corpus", "model", "text", "text"],
    ["translate-corpus", "model", "text", "new", "--beam-size", "1000"],
    ["translate-corpus", "model", "text", "new", "--source-column", "3"],
    ["translate-corpus", "model", "text.gz", "new"],
    ["translate-corpus", "no_languages", "text", "new", "--split-sentences"],
    ["serve"],
    ["serve", "name="],
    *(["serve", name, "--port", "0"] for name in ("missing", "incomplete", "cut_weights", "text")),
    ["serve", "a=model", "a=model", "--port", "0"],
    ["serve", "model", "--port", "0", "--beam-size", "1000"],
    ["serve", "model", "--port", "99999"],
    *(["serve", "model", "--port", "0", name, "nan"] for name in ("--max-seconds", "--drain-seconds")),
    ["serve", "model", "--port", "0", "--drain-seconds", "inf"],
    ["serve", "model", "--host", "no.such.host.invalid"],
    ["serve", "--model-config-file", "wrong.config", "--port", "0"],
    *(["serve", "model", "--token-file", name] for name in ("missing", "keys")),
    ["clean"],
    ["clean", "--dry-run"],
    ["clean", "--source", "missing", "--target", "text", "--output-prefix", "new"],
    ["clean", "--source", "text", "--target", "longer", "--dry-run"],
    ["clean", "--source", "text", "--target", "text", "--dry-run", "--report", "model"],
    ["clean", "--tsv", "text", "--dry-run"],
    *(["clean", "--source", "text", "--target", "text", "--dry-run", name, "nan"] for name in RATIOS_OF_CLEAN),
]


def test_errors_of_the_user_are_found_before_tensorflow_is_imported(folder):
    results = run_all(ERRORS, folder)
    for command, (status, errors, _) in zip(ERRORS, results):
        assert status == 2, (command, errors)
        assert "internal error" not in errors, (command, errors)
    assert not (folder / "new").exists()
    assert pathlib.Path(folder / "text").read_bytes().startswith(b"the cat")
