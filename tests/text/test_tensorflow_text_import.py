"""TensorFlow Text that cannot be imported, each time in a new process."""

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
        if name == "tensorflow_text":
            sys.platform = {platform!r}
            raise {error}

sys.meta_path.insert(0, Finder())
{statements}
"""
MISSING = "ModuleNotFoundError(\"No module named 'tensorflow_text'\")"
IN_PYTHON = """
try:
    import keras_transformer as kt
    kt.Translator
except ImportError as error:
    assert isinstance(error, ValueError)
    print(error, file=sys.stderr)
    sys.exit(2)
"""
COMMAND = "from keras_transformer.cli.main import main; sys.exit(main(['info', 'model']))"


@pytest.mark.parametrize(
    ("platform", "error", "statements", "message"),
    [
        (
            "win32",
            MISSING,
            IN_PYTHON,
            "tensorflow_text cannot be imported (No module named 'tensorflow_text'). It has no wheel for Windows. "
            "Install and run keras-transformer-mt in WSL.",
        ),
        pytest.param(
            "win32",
            MISSING,
            COMMAND,
            "keras-transformer: tensorflow_text cannot be imported (No module named 'tensorflow_text'). It has no "
            "wheel for Windows. Install and run keras-transformer-mt in WSL.",
            marks=pytest.mark.slow,
        ),
        (
            sys.platform,
            "RuntimeError('undefined symbol: x\\nmore')",
            COMMAND,
            "keras-transformer: tensorflow_text cannot be imported (undefined symbol: x). Its version must fit that of "
            'TensorFlow: pip install "tensorflow-text==2.21.*".',
        ),
    ],
)
def test_it_is_one_line(platform, error, statements, message):
    script = SCRIPT.format(platform=platform, error=error, statements=statements)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    # In Python, TensorFlow writes its own messages before.
    *messages, last = result.stderr.splitlines()
    assert (result.returncode, result.stdout, last) == (2, "", message)
    assert "Traceback" not in result.stderr
    assert not (messages and last.startswith("keras-transformer"))
