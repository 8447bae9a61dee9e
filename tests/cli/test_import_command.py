"""The command `import`: a folder that Transformers could have written, and folders that cannot be used."""

import json
import os
import pickle
import shutil
import zipfile

import numpy as np
import pytest
from folder_changes import changed_json, changed_tensors, removed
from marian_folders import make_plain_folder, pieces_model

from keras_transformer.cli import import_model


@pytest.fixture(scope="module")
def plain_folder(tmp_path_factory):
    return make_plain_folder(tmp_path_factory.mktemp("plain"))


@pytest.fixture
def folder(plain_folder, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(plain_folder, tmp_path / "folder")


def test_a_folder_becomes_a_model_folder(run, plain_folder, tmp_path):
    output = tmp_path / "model"
    result = run("import", plain_folder, "--output", output, "--from", "marian")
    assert (result.status, result.output, result.errors) == (0, f"{output}\n", "")
    described = json.loads(run("info", output).output)
    assert described["languages"] == {"source": "en", "target": "de"}
    assert described["config"]["output_bias"] is True
    assert described["config"]["activation"] == "silu"
    run("import", plain_folder, "--output", output).assert_one_error(f"{output} exists already")
    run("import", plain_folder, "--output", plain_folder).assert_one_error(f"{plain_folder} exists already")


def test_a_model_that_was_finished_meanwhile_is_not_overwritten(run, plain_folder, tmp_path, monkeypatch):
    output, load = tmp_path / "model", import_model.MarianFolder

    def finish_another(*arguments):
        output.mkdir()
        (output / "model.weights.h5").write_bytes(b"another")
        return load(*arguments)

    monkeypatch.setattr(import_model, "MarianFolder", finish_another)
    run("import", plain_folder, "--output", output).assert_one_error(f"{output} exists already and is not overwritten")
    assert [(path.name, path.read_bytes()) for path in output.iterdir()] == [("model.weights.h5", b"another")]


def replaced(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def generation_config(**content):
    return replaced("generation_config.json", json.dumps(content).encode("utf-8"))


def cut_weights(folder):
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-100])


class Attack:
    """An object whose pickle calls a function."""

    def __reduce__(self):
        return print, ("the pickle ran",)


def pickle_with_code(folder):
    (folder / "model.safetensors").unlink()
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"model.shared.weight": Attack()}, protocol=2))


def old_pickle(folder):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"a": 1}))


def word_model(folder):
    content = pieces_model("source", model_type="char", normalization_rule_name="identity")
    (folder / "source.spm").write_bytes(content)


NORM = "model.encoder.layers.1.final_layer_norm.weight"
CASES = {
    "missing config": (removed("config.json"), "config.json", "missing"),
    "missing pieces": (removed("target.spm"), "target.spm", "missing"),
    "missing vocabulary": (removed("vocab.json"), "vocab.json", "missing"),
    "missing weights": (removed("model.safetensors"), "model.safetensors", "missing"),
    "missing target vocabulary": (
        changed_json("tokenizer_config.json", separate_vocabs=True),
        "target_vocab.json",
        "missing",
    ),
    "another model": (changed_json("config.json", model_type="t5"), "config.json", "model_type"),
    "no model type": (changed_json("config.json", model_type="removed"), "config.json", "model_type"),
    "pre-norm": (changed_json("config.json", normalize_before=True), "config.json", "normalize_before"),
    "unknown activation": (changed_json("config.json", activation_function="gelu_new"), "config.json", "gelu_new"),
    "two widths": (changed_json("config.json", decoder_ffn_dim=64), "config.json", "decoder_ffn_dim"),
    "odd width": (changed_json("config.json", d_model=33), "config.json", "d_model"),
    "wrong type": (changed_json("config.json", d_model="32"), "config.json", "d_model"),
    "heads": (
        changed_json("config.json", encoder_attention_heads=5, decoder_attention_heads=5),
        "config.json",
        "heads",
    ),
    "huge vocabulary": (changed_json("config.json", vocab_size=2**31 - 1), "model.safetensors", "shape"),
    "huge depth": (changed_json("config.json", encoder_layers=2**31 - 1), "model.safetensors", "layers.2"),
    "start out of range": (changed_json("config.json", decoder_start_token_id=10**6), "config.json", "start_token"),
    "damaged config": (replaced("config.json", b"{"), "config.json", "damaged"),
    "several bad words": (generation_config(bad_words_ids=[[7], [8, 9]]), "generation_config.json", "one token each"),
    "damaged bad words": (changed_json("config.json", bad_words_ids=[7]), "config.json", "lists of token ids"),
    "suppressed end": (generation_config(suppress_tokens=[7, 0]), "generation_config.json", "without the end token 0"),
    "damaged suppressed": (generation_config(suppress_tokens={"a": 1}), "generation_config.json", "suppress_tokens"),
    "forced start": (generation_config(forced_bos_token_id=9), "generation_config.json", "forced_bos_token_id", "9"),
    "two ends": (changed_json("config.json", eos_token_id=[0, 5]), "config.json", "eos_token_id=[0, 5]"),
    "other end": (changed_json("config.json", eos_token_id=5), "vocab.json", "</s>"),
    "cut weights": (cut_weights, "model.safetensors", "bytes"),
    "no safetensors": (replaced("model.safetensors", b"PK\3\4" * 9), "model.safetensors", "header"),
    "another shape": (changed_tensors(lambda found: found.update({NORM: np.ones(31, "f")})), NORM, "(31,)"),
    "missing tensor": (changed_tensors(lambda found: found.pop(NORM)), "model.safetensors", NORM),
    "another architecture": (
        changed_tensors(lambda found: found.update({"model.encoder.layer_norm.weight": np.ones(32, "f")})),
        "model.safetensors",
        "model.encoder.layer_norm.weight",
    ),
    "not finite": (changed_tensors(lambda found: found[NORM].fill(np.nan)), NORM, "NaN"),
    "other positions": (
        changed_tensors(lambda found: found.update({"model.encoder.embed_positions.weight": np.ones((64, 32), "f")})),
        "embed_positions",
        "sines",
    ),
    "code in a pickle": (pickle_with_code, "pytorch_model.bin", "__builtin__.print"),
    "old pickle": (old_pickle, "pytorch_model.bin", "AutoModelForSeq2SeqLM.from_pretrained(folder).save_pretrained"),
    "no vocabulary": (replaced("vocab.json", b"[]"), "vocab.json", "damaged"),
    "vocabulary with a gap": (changed_json("vocab.json", **{"<unk>": 10**6}), "vocab.json", "ids"),
    "short vocabulary": (changed_json("vocab.json", **{"<pad>": "removed"}), "vocab.json", "start token"),
    "vocabulary with a hole": (changed_json("vocab.json", b="removed"), "vocab.json", "ids"),
    "added word": (
        changed_json("tokenizer_config.json", added_tokens_decoder={"9": {"content": "<br>"}}),
        "tokenizer_config.json",
        "'<br>'",
    ),
    "damaged added tokens": (
        changed_json("tokenizer_config.json", added_tokens_decoder=["<br>"]),
        "tokenizer_config.json",
        "added_tokens_decoder",
    ),
    "vocabulary without unknown": (changed_json("vocab.json", **{"<unk>": "removed", "new": 1}), "vocab.json", "<unk>"),
    "vocabulary of floats": (changed_json("vocab.json", **{"<unk>": 1.0}), "vocab.json", "whole number"),
    "vocabulary of surrogates": (
        changed_json("vocab.json", **{"<unk>": "removed", "\ud800": 1}),
        "vocab.json",
        "Unicode",
    ),
    "no pieces": (replaced("source.spm", b"text"), "source.spm", "SentencePiece"),
    "empty pieces": (replaced("source.spm", b""), "source.spm", "SentencePiece"),
    "characters": (word_model, "source.spm", "char"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_folder_that_cannot_be_used_is_one_line(name, run, folder, tmp_path, capsys):
    change, *parts = CASES[name]
    change(folder)
    run("import", folder, "--output", tmp_path / "model").assert_one_error(str(folder), *parts)
    assert not (tmp_path / "model").exists()
    assert "the pickle ran" not in capsys.readouterr().out


def test_a_missing_folder_and_a_pipe_are_one_line(run, folder, tmp_path):
    run("import", tmp_path / "none", "--output", tmp_path / "model").assert_one_error("none", "does not exist")

    (folder / "model.safetensors").unlink()
    os.mkfifo(folder / "model.safetensors")
    run("import", folder, "--output", tmp_path / "model").assert_one_error("model.safetensors", "missing")
