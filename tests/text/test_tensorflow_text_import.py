"""Tests of TensorFlow Text that cannot be imported, and of Windows, in separate processes."""

import os
import pathlib
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = """
import importlib.abc, sys

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise {error}

sys.meta_path.insert(0, Finder())
sys.modules.pop({module!r}, None)
{statements}
"""
IN_PYTHON = """
try:
    import keras_transformer as kt
    kt.Translator
except ImportError as error:
    assert isinstance(error, ValueError)
    print(error, file=sys.stderr)
    sys.exit(2)
"""
COMMAND = """
import tempfile
from keras_transformer.cli.main import main
with tempfile.TemporaryDirectory() as folder:
    sys.exit(main(["train", "phrases", "--output", folder + "/model"]))
"""
WINDOWS = "Windows is not supported: tensorflow_text has no wheel for it. Install and run keras-transformer-mt in WSL."


def last_line_of(script):
    """The last line on standard error of a program that ends with status 2 and prints no traceback."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    # TensorFlow prints its own messages before.
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "statements", "message"),
    [
        (
            "RuntimeError('undefined symbol: x\\nmore')",
            COMMAND,
            "keras-transformer: tensorflow_text cannot be imported (undefined symbol: x). Its version must fit that of "
            'TensorFlow: pip install "tensorflow-text==2.21.*".',
        ),
        pytest.param(
            "ModuleNotFoundError(\"No module named 'tensorflow_text'\")",
            IN_PYTHON,
            "tensorflow_text cannot be imported (No module named 'tensorflow_text'). Its version must fit that of "
            'TensorFlow: pip install "tensorflow-text==2.21.*".',
            marks=pytest.mark.slow,
        ),
    ],
)
def test_it_is_one_line(error, statements, message):
    assert last_line_of(SCRIPT.format(module="tensorflow_text", error=error, statements=statements)) == message


@pytest.mark.slow
def test_windows_is_named_where_its_missing_module_is_imported():
    error = "ModuleNotFoundError(\"No module named 'fcntl'\")"
    assert last_line_of(SCRIPT.format(module="fcntl", error=error, statements=IN_PYTHON)) == WINDOWS


def test_the_command_on_windows_is_one_line():
    script = "import sys; sys.platform = 'win32'; from keras_transformer.__main__ import run; sys.exit(run())"
    assert last_line_of(script) == f"keras-transformer: {WINDOWS}"
