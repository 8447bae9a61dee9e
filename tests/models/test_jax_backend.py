"""Tests that layers, model, loss, metrics and schedule give equal results on JAX and TensorFlow."""

import os
import pathlib
import runpy
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).with_name("backend_outputs.py")


@pytest.mark.slow
def test_jax_gives_the_results_of_tensorflow(tmp_path):
    pytest.importorskip("jax")
    file = tmp_path / "jax.npz"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(SCRIPT.parents[2])}
    process = subprocess.Popen([sys.executable, SCRIPT, file], env=environment, stderr=subprocess.PIPE, text=True)
    expected = runpy.run_path(SCRIPT)["compute"]()
    _, errors = process.communicate(timeout=900)
    assert process.returncode == 0, errors
    found = dict(np.load(file))
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-5, err_msg=name)
    assert found["loss"][-1] < found["loss"][0]
