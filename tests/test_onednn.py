"""Tests of TensorFlow's oneDNN in separate processes: TensorFlow reads the setting at its import."""

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN's products are those of x86"
)
VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
SAYS_ONEDNN = "from tensorflow.python.util import _pywrap_util_port; print(_pywrap_util_port.IsMklEnabled())"
# As on a processor for which TensorFlow does not use oneDNN by default.
LEFT_OFF = f"import os; os.environ['{VARIABLE}'] = '0'; import keras; del os.environ['{VARIABLE}']; "
BUILD = "kt.build_transformer(kt.TransformerConfig.from_preset('tiny', vocabulary_size=100)); "


def run(script, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in (VARIABLE, *environment)}
    command = [sys.executable, "-W", "always", "-c", script]
    result = subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "expected"), [(None, "True"), ("0", "False"), pytest.param("1", "True", marks=pytest.mark.slow)]
)
def test_onednn_is_used_unless_the_environment_says_otherwise(setting, expected):
    environment = {} if setting is None else {VARIABLE: setting}
    result = run(f"import keras_transformer as kt; kt.use_onednn(); import keras; {SAYS_ONEDNN}", **environment)
    assert result.stdout.strip() == expected


@pytest.mark.slow
def test_it_is_too_late_once_tensorflow_is_imported():
    script = LEFT_OFF + (
        "import keras_transformer as kt\ntry: kt.use_onednn()\nexcept RuntimeError as error: print(error)"
    )
    assert "before TensorFlow or Keras is imported" in run(script).stdout


@pytest.mark.slow
def test_the_first_model_without_onednn_warns_once():
    result = run(LEFT_OFF + "import keras_transformer as kt; " + BUILD + BUILD)
    assert result.stderr.count("use_onednn") == 1, result.stderr


@pytest.mark.slow
def test_no_model_warns_with_an_explicit_choice():
    result = run("import keras_transformer as kt; " + BUILD, **{VARIABLE: "0"})
    assert "use_onednn" not in result.stderr


def test_the_command_uses_onednn_and_keeps_tensorflow_quiet():
    script = "from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly as q; q(); " + SAYS_ONEDNN
    result = run(script)
    assert (result.stdout.strip(), result.stderr) == ("True", "")
