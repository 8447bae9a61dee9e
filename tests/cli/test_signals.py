"""Ctrl-C and SIGTERM at many times in every long command, each in a separate process."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MOMENTS = 10
# The names with which the output of a command begins.
OUTPUTS = {"export saved_model": "saved", "export tflite": "new.", "export ctranslate2": "ctranslate2", "plot": "new."}
# The bound is 2 seconds on a machine with a free core for the thread that waits for signals.
SECONDS = 2.0


def arguments_of(command, folder):
    """The command line of a command that runs for some seconds, and its standard input."""
    model, sources = folder / "model", folder / "many.en"
    evaluate = ["evaluate", model, "--source", sources, "--reference", folder / "many.de"]
    return {
        "train": ["train", folder / "recipe.toml", "--output", folder / "new", "--set", "training.epochs=5000"],
        "translate": ["translate", model, "--input", sources],
        "translate sentences": ["translate", model, "--input", sources, "--split-sentences"],
        "translate Korean sentences": [
            *("translate", model, "--input", sources, "--split-sentences", "--source-language", "ko")
        ],
        "evaluate": evaluate,
        "evaluate compare": [*evaluate, "--compare", folder / "many.de"],
        "score": ["score", model, "--source", sources, "--target", folder / "many.de"],
        "export saved_model": ["export", model, "--format", "saved_model", "--output", folder / "saved"],
        "export tflite": ["export", model, "--format", "tflite", "--output", folder / "new.tflite"],
        "export ctranslate2": ["export", model, "--format", "ctranslate2", "--output", folder / "ctranslate2"],
        "plot": ["plot", model, "--attention", "the cat sees bread .", "--output", folder / "new.png"],
    }[command]


def descendants(number):
    """The ids of all descendants of a process."""
    found = subprocess.run(["pgrep", "-P", str(number)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found] + [other for child in found for other in descendants(child)]


def is_alive(number):
    with contextlib.suppress(OSError):
        return ") Z " not in pathlib.Path(f"/proc/{number}/stat").read_text()
    return False


@contextlib.contextmanager
def started_process(folder, arguments):
    """The running command, killed at the end. Its output and errors go into files of the folder."""
    line = [sys.executable, "-m", "keras_transformer", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with (folder / "output").open("wb") as output, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(line, env=environment, stdout=output, stderr=errors)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def end_by_signal(process, number):
    """Sends a signal; returns the exit status after the process and its descendants have ended in time."""
    started = descendants(process.pid)
    began = time.monotonic()
    process.send_signal(number)
    status = process.wait(timeout=60)
    seconds = time.monotonic() - began
    assert seconds < SECONDS, seconds
    time.sleep(0.1)
    assert not [child for child in started if is_alive(child)]
    return status


def _files(folder):
    return set(folder.rglob("*")) - {folder / "output", folder / "errors"}


@pytest.fixture(scope="module")
def long_text(trained):
    for language in ("en", "de"):
        text = (trained / f"train.{language}").read_text()
        (trained / f"many.{language}").write_text(text * 1000)
    return trained


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "train",
        "translate",
        "translate sentences",
        "translate Korean sentences",
        "evaluate",
        "evaluate compare",
        "score",
        "export saved_model",
        "export tflite",
        "export ctranslate2",
        "plot",
    ],
)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_every_long_command_in_two_seconds(long_text, command, number, status):
    before = _files(long_text)
    # Before that, Python starts, and its own handlers apply.
    moment, ended = 1.0, []
    while len(ended) < MOMENTS:
        moment *= 1.3
        with started_process(long_text, arguments_of(command, long_text)) as process:
            try:
                assert process.wait(moment) == 0, (long_text / "errors").read_text()
                break  # The command has ended before the signal.
            except subprocess.TimeoutExpired:
                ended.append((round(moment, 2), end_by_signal(process, number)))
        finished = _files(long_text) - before if command in OUTPUTS else set()
        if ended[-1][1] == 0 or finished:  # The work was done when the signal came. Unfinished files have other names.
            assert finished
            assert all(str(path.relative_to(long_text)).startswith(OUTPUTS[command]) for path in finished), moment
            break
        # The splitter of Korean loads in native code, in which the signal itself ends the process.
        assert ended[-1][1] in (status, -number if "Korean" in command else status), ended
        said = (long_text / "errors").read_text()
        assert "Traceback" not in said
        if command == "train":
            has_begun = (long_text / "new" / "recipe.toml").exists()
            assert ("--resume" in said) == has_begun, (moment, said)
            subprocess.run(["rm", "-r", str(long_text / "new")], stderr=subprocess.DEVNULL)
        elif command.startswith("translate"):
            output = (long_text / "output").read_bytes()
            assert not output or output.endswith(b"\n"), moment
        assert _files(long_text) == before, moment
    assert len(ended) >= 5
    for path in _files(long_text) - before:  # Other commands of this test must not find the output of this one.
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@pytest.mark.slow
def test_an_interrupted_translation_ends_with_whole_lines_and_no_message(long_text, tmp_path):
    with started_process(tmp_path, [*arguments_of("translate", long_text), "--batch-size", 4]) as process:
        while not (tmp_path / "output").read_bytes():
            assert process.poll() is None, (tmp_path / "errors").read_text()
            time.sleep(0.01)
        assert end_by_signal(process, signal.SIGINT) == 130
    assert (tmp_path / "output").read_bytes().endswith(b"\n")
    assert (tmp_path / "errors").read_text().strip() == ""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_minimum_risk_training_in_two_seconds(trained, tmp_path, number, status):
    settings = ["--set", "minimum_risk.epochs=5000", "--set", "minimum_risk.candidates=2"]
    for file in ("start.json", "seconds.json", "candidates-000000.tsv", "history.csv"):
        model = tmp_path / "model"
        shutil.rmtree(model, ignore_errors=True)
        shutil.copytree(trained / "model", model)
        arguments = ["train", trained / "recipe.toml", "--output", model, "--resume", *settings]
        with started_process(tmp_path, arguments) as process:
            while not (model / "checkpoints" / "minimum_risk" / file).exists():
                assert process.poll() is None, (tmp_path / "errors").read_text()
                time.sleep(0.01)
            assert end_by_signal(process, number) == status, file
        said = (tmp_path / "errors").read_text()
        assert "Traceback" not in said
        # Click adds an empty line if the main thread gets the signal.
        assert said.rstrip("\n").endswith("\nInterrupted. --resume continues from the last save.")
        assert not list(model.rglob("unfinished_*"))
        for name in ("config.json", "tokenizer.model", "model.weights.h5"):
            assert (model / name).is_file()
