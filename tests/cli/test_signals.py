"""Ctrl-C and SIGTERM at many moments of every long command, each in a process of its own."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MOMENTS = 10
# The bound is 2 seconds on a machine that has a core left for the thread that waits for signals.
SECONDS = 2.0


def arguments_of(command, folder):
    """The command line of a command that works for a while, and standard input for it."""
    model, sources = folder / "model", folder / "many.en"
    return {
        "train": ["train", folder / "recipe.toml", "--output", folder / "new", "--set", "training.epochs=5000"],
        "translate": ["translate", model, "--input", sources],
        "evaluate": ["evaluate", model, "--source", sources, "--reference", folder / "many.de"],
        "score": ["score", model, "--source", sources, "--target", folder / "many.de"],
        "export saved_model": ["export", model, "--format", "saved_model", "--output", folder / "saved"],
        "export tflite": ["export", model, "--format", "tflite", "--output", folder / "new.tflite"],
        "export ctranslate2": ["export", model, "--format", "ctranslate2", "--output", folder / "ctranslate2"],
    }[command]


def descendants(number):
    """The numbers of all processes that a process has started, and that these have."""
    found = subprocess.run(["pgrep", "-P", str(number)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found] + [other for child in found for other in descendants(child)]


def is_alive(number):
    with contextlib.suppress(OSError):
        return ") Z " not in pathlib.Path(f"/proc/{number}/stat").read_text()
    return False


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
    ["train", "translate", "evaluate", "score", "export saved_model", "export tflite", "export ctranslate2"],
)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_every_long_command_in_two_seconds(long_text, command, number, status):
    line = [sys.executable, "-m", "keras_transformer", *map(str, arguments_of(command, long_text))]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    before = _files(long_text)
    # Earlier, Python itself starts, and ends as it does everywhere.
    moment, ended = 1.0, []
    while len(ended) < MOMENTS:
        moment *= 1.3
        with (long_text / "output").open("wb") as output, (long_text / "errors").open("wb") as errors:
            process = subprocess.Popen(line, env=environment, stdout=output, stderr=errors)
            try:
                process.wait(moment)
                break  # It was quicker than that.
            except subprocess.TimeoutExpired:
                started = descendants(process.pid)
                began = time.monotonic()
                process.send_signal(number)
                ended.append((round(moment, 2), process.wait(timeout=60)))
                seconds = time.monotonic() - began
            finally:
                process.kill()
                process.wait()
        assert ended[-1][1] == status, ended
        assert seconds < SECONDS, (moment, seconds)
        time.sleep(0.1)
        assert not [child for child in started if is_alive(child)], moment
        said = (long_text / "errors").read_text()
        assert "Traceback" not in said
        if command == "train":
            has_begun = (long_text / "new" / "recipe.toml").exists()
            assert ("--resume" in said) == has_begun, (moment, said)
            subprocess.run(["rm", "-r", str(long_text / "new")], stderr=subprocess.DEVNULL)
        elif command == "translate":
            assert (long_text / "output").read_bytes().endswith((b"\n", b"")), moment
        assert _files(long_text) == before, moment
    assert len(ended) >= 5
