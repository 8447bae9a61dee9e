"""Tests of exit status, standard error, signals and pipes in separate processes, and tests of the group."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.version import __version__

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "keras_transformer"]
# Without the log level of the tests, so that the command must set its own.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
ENVIRONMENT.pop("TF_CPP_MIN_LOG_LEVEL", None)


@contextlib.contextmanager
def process(*arguments):
    """The running command, killed at the end."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([*COMMAND, *map(str, arguments)], env=ENVIRONMENT, **pipes) as running:
        try:
            yield running
        finally:
            running.kill()


def test_an_error_is_one_line_and_a_traceback_only_with_debug(run, tmp_path):
    message = f"keras-transformer: {tmp_path / 'missing.txt'}: No such file or directory."
    arguments = ["translate", str(tmp_path), "--input", str(tmp_path / "missing.txt")]
    result = subprocess.run([*COMMAND, *arguments], env=ENVIRONMENT, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", message + "\n")

    result = run(*arguments, "--debug")
    *traceback, last = result.errors.splitlines()
    assert (result.status, result.output, last) == (2, "", message)
    assert traceback[0] == "Traceback (most recent call last):"


def test_a_backend_that_is_not_installed_is_reported_before_keras_fails():
    environment = {**ENVIRONMENT, "KERAS_BACKEND": "jaxx"}
    result = subprocess.run([*COMMAND, "train", "phrases"], env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("keras-transformer: KERAS_BACKEND is jaxx, which is not installed.")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_it_starts_is_answered_quietly(model, number, status):
    with process("translate", model) as running:
        time.sleep(1.5)
        running.send_signal(number)
        assert running.wait(timeout=60) == status
        assert running.stderr.read().strip() == b""


@pytest.mark.slow
def test_all_standard_streams_may_be_closed(model, translator, tmp_path):
    (tmp_path / "input").write_text("the cat sees bread .\n")
    script = 'exec "$@" <&- >&- 2>&-'
    files = ["--input", tmp_path / "input", "--output", tmp_path / "output"]
    command = [*COMMAND, "translate", model, *files, "--beam-size", 1]
    result = subprocess.run(["sh", "-c", script, "sh", *map(str, command)], env=ENVIRONMENT, check=False)
    assert result.returncode == 0
    assert (tmp_path / "output").read_text().splitlines() == translator.translate(["the cat sees bread ."], beam_size=1)


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="a device that is always full, of Linux")
def test_a_full_standard_output_is_one_error(model):
    with open("/dev/full", "wb") as full:
        result = subprocess.run([*COMMAND, "info", str(model)], env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 2
    assert result.stderr == b"keras-transformer: standard output: No space left on device.\n"


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="a device that is always full, of Linux")
@pytest.mark.usefixtures("warm")
def test_a_full_disk_names_the_output(run, model):
    result = run("translate", model, "--output", "/dev/full", stdin=b"the cat sees bread .\n")
    result.assert_one_error("/dev/full: No space left on device.")


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="a device that is always full, of Linux")
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["recipes", "--help"], ["recipes"]])
def test_text_about_the_command_needs_a_standard_output(run, monkeypatch, arguments):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        run(*arguments).assert_one_error("keras-transformer: standard output: No space left on device.")
        monkeypatch.setattr(sys, "stdout", None)
        run(*arguments).assert_one_error("standard output is closed, but it is needed for the results.")
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()


@pytest.mark.parametrize("arguments", [["info"], ["score", "--source", "a", "--target", "a"]])
def test_results_need_a_standard_output(run, model, monkeypatch, arguments):
    monkeypatch.setattr(sys, "stdout", None)
    assert run(arguments[0], model, *arguments[1:]).errors == (
        "keras-transformer: standard output is closed, but it is needed for the results.\n"
    )


def test_a_conversation_is_answered_line_by_line_until_it_is_interrupted(model, translator):
    with process("translate", model) as running:
        for text in ("the cat sees bread .", "", "a man likes the house ."):
            running.stdin.write(text.encode() + b"\n")
            running.stdin.flush()
            # This line must be the first output.
            assert running.stdout.readline().decode() == translator.translate([text])[0] + "\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 130
        # A slow machine reports its progress.
        others = [line for line in running.stderr.read().splitlines() if not line.startswith(b"Translating: ")]
        assert b"".join(others).strip() == b""


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_fault(model):
    with process("translate", model, "--beam-size", "1", "--batch-size", "1") as running:
        running.stdin.write(b"the dog\n" * 50)
        running.stdin.flush()
        assert running.stdout.readline()
        running.stdout.close()
        running.stdin.close()
        assert running.wait(timeout=60) == 141
        assert running.stderr.read() == b""


def test_help_names_every_command(run):
    result = run("--help")
    assert result.status == 0
    for command in ("train", "translate", "evaluate", "score", "info"):
        assert f"  {command} " in result.output
    assert "..." not in result.output.partition("Commands:")[2]


@pytest.mark.parametrize("command", ["train", "translate", "evaluate", "score", "info"])
def test_every_command_has_help(run, command):
    result = run(command, "-h")
    assert (result.status, result.errors) == (0, "")
    assert result.output.startswith(f"Usage: keras-transformer {command} [OPTIONS]")


def test_without_a_command_the_help_goes_to_standard_error(run):
    result = run()
    assert (result.status, result.output) == (2, "")
    assert result.errors == run("--help").output


def test_a_misspelt_command_names_the_nearest(run):
    run("trian", "recipe.toml").assert_one_error("No such command 'trian'. Did you mean 'train'?")


def test_the_version_is_printed(run):
    assert __version__ in run("--version").output


def test_a_fault_of_ours_is_one_line_too(run, model, monkeypatch):
    def fail(files):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("keras_transformer.translator.translator_of_files", fail)
    result = run("translate", model)
    assert (result.status, result.output) == (1, "")
    assert result.errors == "keras-transformer: RuntimeError: two lines (internal error; --debug shows the traceback)\n"


def test_an_interrupt_gives_130(run, model, monkeypatch):
    def interrupt(files):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_transformer.translator.translator_of_files", interrupt)
    result = run("translate", model)
    assert (result.status, result.output, result.errors.strip()) == (130, "", "")


def test_a_system_error_names_the_file(run, model, tmp_path):
    name = 300 * "a" + ".png"
    run("plot", model, "--positions", "--output", tmp_path / name).assert_one_error(f"{name}: File name too long.")


@pytest.mark.parametrize(
    "allocate",
    [
        pytest.param(lambda: np.ones(2**50), id="NumPy"),
        pytest.param(lambda: tf.zeros(2**50), id="TensorFlow", marks=pytest.mark.slow),
    ],
)
def test_an_error_of_memory_has_advice(run, model, monkeypatch, allocate):
    monkeypatch.setattr("keras_transformer.translator.translator_of_files", lambda files: allocate())
    run("translate", model).assert_one_error("out of memory. Use a smaller model or smaller batches")


def test_a_full_disk_that_tensorflow_reports_is_not_out_of_memory(run, model, monkeypatch):
    def fail(files):
        raise tf.errors.ResourceExhaustedError(None, None, "/logs/events; No space left on device")

    monkeypatch.setattr("keras_transformer.translator.translator_of_files", fail)
    result = run("translate", model)
    assert (result.status, "out of memory" in result.errors) == (2, False)
    assert "/logs/events; No space left on device" in result.errors


def test_a_command_writes_nothing_to_standard_error_but_its_own_messages():
    result = subprocess.run(
        [sys.executable, "-m", "keras_transformer", "train", "--keys"], capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")
