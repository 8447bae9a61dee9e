"""Runs the command `train` in separate processes."""

import os
import pathlib
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def start_training(recipe, *options):
    """Starts the command with pipes for its output and errors."""
    command = [sys.executable, "-m", "keras_transformer", "train", str(recipe), *map(str, options)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish_training(recipe, *options):
    """Waits for its end; returns its status, its output and its errors."""
    with start_training(recipe, *options) as process:
        output, errors = process.communicate(timeout=900)
    return process.returncode, output, errors
