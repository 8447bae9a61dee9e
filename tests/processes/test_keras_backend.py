import json
import os
import subprocess
import sys

import keras
import pytest

from keras_transformer.errors import InputError
from keras_transformer.processes.keras_backend import check_backend, keras_backend

SCRIPT = """
import sys
from keras_transformer.processes.keras_backend import keras_backend
print(keras_backend(), "keras" in sys.modules)
"""


def test_an_imported_keras_is_asked():
    assert keras_backend() == keras.backend.backend()


@pytest.mark.parametrize(
    ("settings", "variable", "expected"),
    [(None, None, "tensorflow"), ("jax", None, "jax"), ("jax", "torch", "torch"), (3, None, "tensorflow")],
)
def test_the_backend_is_read_as_keras_reads_it(tmp_path, settings, variable, expected):
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    environment.pop("KERAS_BACKEND", None)
    if settings == 3:
        (tmp_path / "keras.json").write_text("no JSON")
    elif settings:
        (tmp_path / "keras.json").write_text(json.dumps({"backend": settings}))
    if variable:
        environment["KERAS_BACKEND"] = variable
    result = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.split() == [expected, "False"]


def test_a_backend_that_is_not_installed_is_an_error(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jaxx")
    with pytest.raises(InputError, match="KERAS_BACKEND is jaxx, which is not installed"):
        check_backend()
