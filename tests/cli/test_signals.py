"""Ctrl-C and SIGTERM at many times in every long command, each in a separate process."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest
from export.client_cases import litert_or_skip
from marian_folders import make_plain_folder

from keras_transformer.cli import main as command_line

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MOMENTS = 10
# Each next moment is later by this factor. Commands without TensorFlow take few seconds.
FACTOR, FACTORS = 1.3, {"clean": 1.12, "import": 1.12}
# The names with which the outputs of a command begin.
OUTPUTS = {
    "shortlist": ("copy/shortlist.",),
    "clean": ("cleaned.",),
    "import": ("imported",),
    "export saved_model": ("saved",),
    "export tflite": ("new.", "verification.json"),
    "export ctranslate2": ("ctranslate2",),
    "export huggingface": ("huggingface",),
    "export onnx": ("onnx",),
    "export argos": ("new.", "verification.json"),
    "export web": ("web",),
    "plot": ("new.",),
    "explain": ("new.",),
}
# The output folder is continued by the next run of the command.
CONTINUED = ("train", "translate-corpus")
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
            *("translate", folder / "unknown", "--input", sources, "--split-sentences"),
            *("--source-language", "ko", "--target-language", "de"),
        ],
        "evaluate": evaluate,
        "evaluate compare": [*evaluate, "--compare", folder / "many.de"],
        "score": ["score", model, "--source", sources, "--target", folder / "many.de"],
        "translate-corpus": ["translate-corpus", model, folder / "parts" / "*.en", folder / "new"],
        "shortlist": ["shortlist", folder / "copy", "--source", sources, "--target", folder / "many.de"],
        "clean": [
            *("clean", "--source", sources, "--target", folder / "many.de", "--output-prefix", folder / "cleaned"),
            *("--without", "duplicate"),
        ],
        "import": ["import", folder / "marian", "--output", folder / "imported"],
        "export saved_model": ["export", model, "--format", "saved_model", "--output", folder / "saved"],
        "export tflite": ["export", model, "--format", "tflite", "--output", folder / "new.tflite"],
        "export ctranslate2": ["export", model, "--format", "ctranslate2", "--output", folder / "ctranslate2"],
        "export huggingface": ["export", model, "--format", "huggingface", "--output", folder / "huggingface"],
        "export onnx": ["export", model, "--format", "onnx", "--output", folder / "onnx"],
        "export argos": ["export", model, "--format", "argos", "--output", folder / "new.argosmodel"],
        "export web": ["export", folder / "unigram", "--format", "web", "--output", folder / "web"],
        "plot": ["plot", model, "--attention", "the cat sees bread .", "--output", folder / "new.png"],
        "explain": ["explain", model, "the cat sees bread .", "--output", folder / "new.html"],
    }[command]


def prepare(command, folder):
    """Writes the inputs that only this command has, once."""
    if command == "translate-corpus" and not (folder / "parts").exists():
        (folder / "parts").mkdir()
        for number in range(200):
            shutil.copyfile(folder / "train.en", folder / "parts" / f"{number:03}.en")
    elif command == "shortlist" and not (folder / "copy").exists():
        shutil.copytree(folder / "model", folder / "copy")
    elif command == "import" and not (folder / "marian").exists():
        sizes = {"d_model": 768, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072}
        make_plain_folder(folder / "marian", encoder_layers=6, decoder_layers=6, **sizes)
    elif command == "export web":
        litert_or_skip()
        if not (folder / "unigram").exists():
            settings = ("--set", "vocabulary.model_type=unigram", "--set", "evaluation.at_end=false")
            arguments = ["train", str(folder / "recipe.toml"), "--output", str(folder / "unigram"), *settings]
            assert command_line.main(arguments) == 0


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
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary)}
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
    return set(folder.rglob("*")) - {folder / "output", folder / "errors", folder / "temporary"}


@pytest.fixture(scope="module")
def long_text(trained):
    for language in ("en", "de"):
        text = (trained / f"train.{language}").read_text()
        (trained / f"many.{language}").write_text(text * 1000)
    # The languages of this copy can be given.
    folder = shutil.copytree(trained / "model", trained / "unknown")
    fields = json.loads((folder / "config.json").read_text())
    del fields["source_language"], fields["target_language"]
    (folder / "config.json").write_text(json.dumps(fields))
    return trained


def check_continued(command, folder, said):
    """Checks the folder of an interrupted command and its message."""
    assert not list((folder / "new").rglob("unfinished_*"))
    if command == "train":
        has_begun, has_saved = ((folder / "new" / name).exists() for name in ("recipe.toml", "checkpoints/state.npz"))
        assert ("--resume starts again" in said) == (has_begun and not has_saved), said
        assert ("--resume continues from the last save" in said) == has_saved, said
    else:
        num_lines = len((folder / "train.en").read_text().splitlines())
        for path in (folder / "new").glob("*.en"):
            assert len(path.read_text().splitlines()) == num_lines


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
        "translate-corpus",
        "shortlist",
        "clean",
        "import",
        "export saved_model",
        "export tflite",
        "export ctranslate2",
        "export huggingface",
        "export onnx",
        "export argos",
        "export web",
        "plot",
        "explain",
    ],
)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_every_long_command_in_two_seconds(long_text, command, number, status):
    prepare(command, long_text)
    before = _files(long_text)
    # Before that, Python starts, and its own handlers apply.
    moment, ended = 1.0, []
    while len(ended) < MOMENTS:
        moment *= FACTORS.get(command, FACTOR)
        with started_process(long_text, arguments_of(command, long_text)) as process:
            try:
                assert process.wait(moment) == 0, (long_text / "errors").read_text()
                break  # The command has ended before the signal.
            except subprocess.TimeoutExpired:
                ended.append((round(moment, 2), end_by_signal(process, number)))
        with contextlib.suppress(OSError):  # The empty output folder can remain.
            (long_text / "imported").rmdir()
        finished = _files(long_text) - before if command in OUTPUTS else set()
        if ended[-1][1] == 0 or finished:  # The work was done when the signal came. Unfinished files have other names.
            assert finished
            names = [str(path.relative_to(long_text)) for path in finished]
            assert [name for name in names if not name.startswith(OUTPUTS[command])] == [], moment
            break
        # The splitter of Korean loads in native code, in which the signal itself ends the process.
        assert ended[-1][1] in (status, -number if "Korean" in command else status), ended
        said = (long_text / "errors").read_text()
        assert "Traceback" not in said
        if command in CONTINUED:
            check_continued(command, long_text, said)
            shutil.rmtree(long_text / "new", ignore_errors=True)
        elif command.startswith("translate"):
            output = (long_text / "output").read_bytes()
            assert not output or output.endswith(b"\n"), moment
        assert _files(long_text) == before, moment
    assert len(ended) >= (3 if command in FACTORS else 5)
    for path in _files(long_text) - before:  # Other commands of this test must not find the output of this one.
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_cleaning_without_leftovers(tmp_path, number, status):
    for side in ("en", "de"):
        (tmp_path / f"many.{side}").write_text("".join(f"a line of {side} {count}\n" for count in range(100_000)))
    before = _files(tmp_path)
    with started_process(tmp_path, arguments_of("clean", tmp_path)) as process:
        while not list(tmp_path.glob("unfinished_*")):
            assert process.poll() is None, (tmp_path / "errors").read_text()
            time.sleep(0.01)
        assert end_by_signal(process, number) == status
    assert (tmp_path / "errors").read_text().strip() == ""
    assert _files(tmp_path) == before


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
