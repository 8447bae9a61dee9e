import os
import pathlib
import subprocess
import sys

import pytest
from untrained_models import lines_of, save_untrained

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A model folder with random weights."""
    return save_untrained(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A folder of four shards with enough lines that a translation takes seconds."""
    folder = tmp_path_factory.mktemp("corpus")
    for number in range(4):
        (folder / f"part-{number}.txt").write_text("\n".join(lines_of(900, start=1000 * number)) + "\n")
    return folder


@pytest.fixture
def start():
    """Starts `translate-corpus` in its own process. It is killed at the end of the test."""
    started = []

    def start(*arguments, environment=None):
        command = [sys.executable, "-m", "keras_transformer", "translate-corpus", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env=environment, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
