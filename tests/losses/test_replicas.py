"""Tests that under `tf.distribute.MirroredStrategy` losses, gradients and metrics are those of one device."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).with_name("replica_outputs.py")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of `replica_outputs.py` in a process with two devices."""
    file = tmp_path_factory.mktemp("replicas") / "results.npz"
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])}
    process = subprocess.run([sys.executable, SCRIPT, file], env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return dict(np.load(file))


@pytest.mark.slow
@pytest.mark.parametrize("case", ["smoothed", "weighted_sum", "r_drop", "chunked", "chunked_regularized", "risk"])
def test_two_replicas_train_as_one_device(results, case):
    for numbers in ("reported", "weights"):
        expected, found = (results[f"{case}/{devices}/{numbers}"] for devices in ("one", "two"))
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6, err_msg=numbers)


@pytest.mark.slow
def test_the_compared_trainings_moved_the_weights(results):
    assert np.abs(results["smoothed/two/weights"] - results["r_drop/two/weights"]).max() > 0.01
