"""Tests of a training on a full disk, which is resumed after space was freed."""

import contextlib
import shutil
import subprocess
import sys

import pytest

from keras_transformer.cli import main as command_line
from keras_transformer.translator import Translator


@contextlib.contextmanager
def mounted(folder, size):
    """A file system with this number of bytes. Its size can be changed."""

    def mount(size, *options):
        command = ["mount", "-t", "tmpfs", "-o", ",".join([*options, f"size={size}"]), "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")

    if shutil.which("mount") is None:
        pytest.skip("no small disk can be mounted here: there is no `mount`")
    folder.mkdir()
    mount(size)
    try:
        yield lambda size: mount(size, "remount")
    finally:
        subprocess.run(["umount", folder], check=True)


def assert_nothing_half(folder):
    assert not list(folder.rglob("unfinished_*"))


@pytest.mark.parametrize(
    ("size", "name"),
    [
        (4_000, "tokenizer.model"),
        pytest.param(100_000, "checkpoints/epoch_0001.weights.h5", marks=pytest.mark.slow),
        pytest.param(300_000, "checkpoints/state.npz", marks=pytest.mark.slow),
    ],
)
def test_a_file_that_becomes_too_large_is_named(run, corpus, largest_file, size, name):
    # Without rules of normalisation the vocabulary is the smallest file.
    settings = ["--set", "vocabulary.normalization=identity"]
    with largest_file(size):
        result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *settings)
    assert result.status == 2
    assert result.errors.splitlines()[-1] == f"keras-transformer: {corpus / 'model' / name}: File too large."
    assert "Traceback" not in result.errors
    assert_nothing_half(corpus)


@pytest.mark.parametrize("options", [["info", "missing"], ["info", "missing", "--debug"], []], ids=str)
def test_the_status_is_kept_if_errors_cannot_be_written(tmp_path, largest_file, monkeypatch, options):
    with (tmp_path / "errors").open("w", buffering=1) as file:
        monkeypatch.setattr(sys, "stderr", file)
        with largest_file(10):
            assert command_line.main(options) == 2


@pytest.mark.slow
def test_a_training_is_resumed_when_there_is_space_again(run, corpus):
    disk = corpus / "disk"
    train = ["train", corpus / "recipe.toml", "--output", disk / "model", "--set", "training.tensorboard=true"]
    with mounted(disk, "300k") as resize:
        result = run(*train)
        assert result.status == 2
        # The disk is full in the first save, at the weights or at the state.
        *begun, name = result.errors.splitlines()[-1].removesuffix(": No space left on device.").rpartition("/")
        assert begun[0] == f"keras-transformer: {disk / 'model' / 'checkpoints'}"
        assert name in ("state.npz", "epoch_0001.weights.h5")
        assert_nothing_half(disk)
        resize("30m")
        assert run(*train, "--resume").status == 0
        assert_nothing_half(disk)
        assert Translator.load(disk / "model").translate(["the cat sees bread ."])[0]


@pytest.mark.slow
@pytest.mark.parametrize("artifact_format", ["saved_model", "tflite", "ctranslate2", "huggingface"])
def test_an_export_to_a_full_disk_leaves_nothing(run, model, tmp_path, artifact_format):
    disk = tmp_path / "disk"
    output = disk / "folder" / "name.tflite"
    with mounted(disk, "60k"):
        result = run("export", model, "--format", artifact_format, "--output", output)
        assert result.status == 2
        assert result.errors.splitlines()[-1] == f"keras-transformer: {output}: No space left on device."
        assert not list(disk.iterdir())
