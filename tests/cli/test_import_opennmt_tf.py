"""The command `import` with runs of OpenNMT-tf, and folders that cannot be used."""

import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from folder_changes import removed

RUNS = pathlib.Path(__file__).parents[1] / "importing" / "opennmt_tf"
WORDS, TRAINED = "words", "trained"


@pytest.fixture
def folder_of(tmp_path):
    """Returns a copy of a run that a test may change."""
    return lambda name: shutil.copytree(RUNS / name, tmp_path / "folder")


@pytest.mark.slow
def test_a_run_becomes_a_model_folder(run, tmp_path):
    output = tmp_path / "model"
    result = run("import", RUNS / TRAINED, "--output", output, "--source-language", "en", "--target-language", "de")
    assert (result.status, result.output, result.errors) == (0, f"{output}\n", "")
    described = json.loads(run("info", output).output)
    assert described["languages"] == {"source": "en", "target": "de"}
    config = described["config"]
    assert (config["normalize_first"], config["source_end"], config["first_position"]) == (True, False, 1)
    assert (config["layer_norm_epsilon"], config["share_output"], config["num_heads"]) == (1e-3, False, 4)
    assert run("translate", output, stdin=b"forty-two\n").output == "zweiundvierzig\n"


def changed_variables(change):
    """Returns a function that rewrites the checkpoint of a folder after a change of its variables."""

    def rewrite(folder):
        (index,) = folder.glob("*.index")
        prefix = str(index).removesuffix(".index")
        reader = tf.train.load_checkpoint(prefix)
        names = [name for name in reader.get_variable_to_shape_map() if not name.startswith("_")]
        variables = {name: reader.get_tensor(name) for name in names}
        change(variables)
        tf.raw_ops.SaveV2(
            prefix=prefix,
            tensor_names=list(variables),
            shape_and_slices=[""] * len(variables),
            tensors=list(map(tf.constant, variables.values())),
        )

    return rewrite


def full(name):
    return f"model/{name}/.ATTRIBUTES/VARIABLE_VALUE"


def added(name, shape=(16, 16)):
    return changed_variables(lambda found: found.update({full(name): np.ones(shape, "f")}))


def replaced(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def cut_data(folder):
    (data,) = folder.glob("*.data-*")
    data.write_bytes(data.read_bytes()[:-2000])


def changed_data(folder):
    (data,) = folder.glob("*.data-*")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 255
    data.write_bytes(bytes(content))


def changed_lines(name, change):
    def rewrite(folder):
        lines = (folder / name).read_text(encoding="utf-8").split("\n")[:-1]
        change(lines)
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    return rewrite


def two_names(folder):
    """Copies the vocabulary to a file whose name fits both languages as well."""
    content = (folder / "joint.vocab").read_text(encoding="utf-8")
    (folder / "other.vocab").write_text(content.replace("undvierzig", "other"), encoding="utf-8")


def other_target(folder):
    two_names(folder)
    (folder / "other.vocab").rename(folder / "target.vocab")


NORM = "decoder/layer_norm/gamma"
KERNEL = "encoder/layers/0/ffn/layer/outer/kernel"
DESCRIPTION = "model_description.py"
CASES = {
    "missing index": (WORDS, removed("ckpt-7.index"), "ckpt-7.index", "missing"),
    "missing data": (WORDS, removed("ckpt-7.data-00000-of-00001"), "ckpt-7.data-00000-of-00001", "missing"),
    "damaged state": (WORDS, replaced("checkpoint", b"\xff"), "checkpoint", "damaged"),
    "OpenNMT-tf 1": (WORDS, replaced("checkpoint", b'model_checkpoint_path: "model.ckpt-9"\n'), "OpenNMT-tf 1"),
    "damaged index": (WORDS, replaced("ckpt-7.index", b"text" * 99), "ckpt-7.index", "damaged"),
    "empty index": (WORDS, replaced("ckpt-7.index", b""), "ckpt-7.index", "damaged"),
    "cut data": (WORDS, cut_data, "ckpt-7", "cut or damaged"),
    "changed data": (WORDS, changed_data, "ckpt-7.index", "cut or damaged"),
    "missing variable": (
        WORDS,
        changed_variables(lambda found: found.pop(full(NORM))),
        "ckpt-7.index",
        NORM,
        "missing",
    ),
    "another shape": (WORDS, added(KERNEL, (21, 16)), "ckpt-7.index", KERNEL, "(21, 16)"),
    "another rank": (WORDS, added(KERNEL, (20, 16, 1)), KERNEL, "2 dimensions"),
    "not finite": (WORDS, changed_variables(lambda found: found[full(NORM)].fill(np.nan)), NORM, "NaN"),
    "whole numbers": (WORDS, changed_variables(lambda found: found.update({full(NORM): np.ones(16, int)})), "int64"),
    "relative positions": (WORDS, added("encoder/layers/0/self_attention/layer/relative_position_keys"), "relative"),
    "learned positions": (WORDS, added("encoder/position_encoder/embedding"), "learned positions"),
    "two sources": (WORDS, added("decoder/layers/0/attention/1/layer/linear_keys/kernel"), "several sources"),
    "several inputs": (WORDS, added("examples_inputter/features_inputter/inputters/0/embedding"), "several inputs"),
    "recurrent": (WORDS, added("decoder/cell/cells/0/kernel"), "recurrent"),
    "language model": (WORDS, added("examples_inputter/embedding"), "only models from sequence to sequence"),
    "another variable": (WORDS, added("decoder/extra"), "only the variables of a `Transformer`", "decoder/extra"),
    "no model": (WORDS, changed_variables(lambda found: found.clear() or found.update(a=np.ones(3, "f"))), "missing"),
    "missing vocabulary": (WORDS, removed("target.vocab", "source.vocab"), "vocabulary of the source is missing"),
    "short vocabulary": (WORDS, changed_lines("source.vocab", lambda lines: lines.pop()), "expected 80 tokens", "79"),
    "a token twice": (WORDS, changed_lines("target.vocab", lambda lines: lines.__setitem__(9, lines[8])), "twice"),
    "no end token": (
        WORDS,
        changed_lines("target.vocab", lambda lines: lines.__setitem__(2, "end")),
        "target.vocab",
        "</s>",
    ),
    "not UTF-8": (WORDS, replaced("source.vocab", b"<blank>\n<s>\n</s>\n\xff\n"), "source.vocab", "UTF-8"),
    "no pieces": (TRAINED, removed("source.model"), "source.vocab", "--source-tokenizer"),
    "damaged pieces": (TRAINED, replaced("target.model", b"text"), "target.model", "SentencePiece"),
    "two vocabularies": ("inputs", two_names, "several files can be the vocabulary of the source: joint.vocab, other"),
    "other table": ("inputs", other_target, "target.vocab", "the vocabularies must be equal"),
    "no heads": (WORDS, removed(DESCRIPTION), "number of attention heads", "--num-heads"),
    "computed heads": (WORDS, replaced(DESCRIPTION, b"model = build"), DESCRIPTION, "--num-heads"),
    "heads": (WORDS, replaced(DESCRIPTION, b"model = lambda: Transformer(num_heads=3)"), "num_heads"),
    "another type": (WORDS, replaced(DESCRIPTION, b'm = get_model_from_catalog("NMTSmallV1")'), "NMTSmallV1"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_run_that_cannot_be_used_is_one_line(name, run, folder_of, tmp_path):
    kind, change, *parts = CASES[name]
    folder = folder_of(kind)
    change(folder)
    run("import", folder, "--output", tmp_path / "model", "--from", "opennmt-tf").assert_one_error(str(folder), *parts)
    assert not (tmp_path / "model").exists()


def test_options_of_other_kinds_are_refused(run, folder_of, tmp_path):
    folder = folder_of(WORDS)
    arguments = ("import", folder, "--output", tmp_path / "model")
    run(*arguments, "--normalize-punctuation").assert_one_error("--normalize-punctuation needs --from marian")
    run(*arguments, "--from", "marian", "--num-heads", 2).assert_one_error("--num-heads needs --from opennmt-tf")
    run(*arguments, "--source-vocabulary", folder / "none").assert_one_error("none", "missing")
    run(*arguments, "--source-tokenizer", folder / "source.vocab").assert_one_error("source.vocab", "SentencePiece")
    run("import", folder / "none", "--output", tmp_path / "model").assert_one_error("none", "does not exist")
