"""Trains models on meshes of eight devices of a CPU with Keras on JAX, and compares them with one device."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from mesh_training import BIG, BIG_CASES, OPTIMIZERS

import keras_transformer as kt

PROGRAM = pathlib.Path(__file__).with_name("mesh_training.py")
pytestmark = pytest.mark.slow


def run(folder, group):
    pytest.importorskip("jax")
    devices = {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, PROGRAM, folder, group]
    finished = subprocess.run(command, env={**os.environ, **devices}, capture_output=True, text=True, timeout=1800)
    assert finished.returncode == 0, finished.stderr
    return {path.stem: dict(np.load(path)) for path in folder.glob("*.npz")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("big")


@pytest.fixture(scope="module")
def big(folder):
    return run(folder, "big")


@pytest.fixture(scope="module")
def optimizers(tmp_path_factory):
    return run(tmp_path_factory.mktemp("optimizers"), "optimizers")


def without_key_biases(path, weight):
    """The biases of keys do not change the attention. Adam moves them by rounding errors of gradients that are 0."""
    if path.endswith("query_key_value/bias"):
        return np.delete(weight, np.s_[len(weight) // 3 : 2 * len(weight) // 3])
    return weight[len(weight) // 2 :] if path.endswith("/key_value/bias") else weight


def check_equal(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        if not name.startswith("share of"):
            values = [without_key_biases(name, results[name]) for results in (found, expected)]
            np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("case", [case for case in BIG_CASES if case != "one device"])
def test_losses_and_weights_are_those_of_one_device(big, case):
    losses = big["one device"]["losses"]
    assert losses[-1] < losses[0]
    check_equal(big[case], big["one device"])


@pytest.mark.parametrize(
    ("case", "share"),
    [("data", 1), ("model 4x2, chunked", 1 / 2), ("model 2x4", 1 / 4), ("model 1x8, whole attention", 1 / 8)],
)
def test_a_device_has_its_share_of_weights_and_moments(big, case, share):
    # Biases, normalisations and, in the last case, attention are not divided.
    rest = 0.55 if "whole" in case else 0.05
    for name in ("share of weights", "share of optimizer"):
        assert share <= big[case][name] <= share + rest * (1 - share)


def test_one_device_loads_the_saved_weights(big, folder):
    model = kt.build_transformer(BIG)
    model.load_weights(folder / "saved.weights.h5")
    for weight in model.weights:
        np.testing.assert_array_equal(weight.numpy(), big["model 2x4"][weight.path])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_update_divided_weights_as_one_device(optimizers, name):
    found, expected = optimizers[f"{name}, mesh"], optimizers[f"{name}, one device"]
    check_equal(found, expected)
    # A quarter, the biases of the output, and factors of Adafactor.
    assert found["share of weights"] < 0.27
    assert found["share of optimizer"] < (0.6 if name == "Adafactor" else 0.27)
