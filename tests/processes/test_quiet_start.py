"""What importing the library does to TensorFlow, each in a process of its own, which has not imported it yet."""

import os
import pathlib
import platform
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SAYS_ONEDNN = "from tensorflow.python.util import _pywrap_util_port; print(_pywrap_util_port.IsMklEnabled())"


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN's products are those of x86")
@pytest.mark.parametrize(("setting", "expected"), [(None, "True"), ("0", "False")])
def test_tensorflow_multiplies_with_onednn_unless_told_otherwise(setting, expected):
    environment = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    environment["PYTHONPATH"] = str(REPOSITORY)
    if setting is not None:
        environment["TF_ENABLE_ONEDNN_OPTS"] = setting
    script = f"import keras_transformer; {SAYS_ONEDNN}"
    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (result.stdout.strip(), result.stderr) == (expected, "")
