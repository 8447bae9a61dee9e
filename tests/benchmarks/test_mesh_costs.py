"""Tests the formulas of meshes with models and with programs that XLA compiled."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import keras_transformer as kt
from keras_transformer.models.weight_shapes import count_weights

PROGRAM = pathlib.Path(__file__).parents[2] / "benchmarks" / "meshes.py"
CONFIG = kt.TransformerConfig.from_preset("big", vocabulary_size=32_000)


@pytest.fixture
def costs(benchmark_module):
    module = benchmark_module("mesh_costs")

    def costs(data, model, attention=True):
        return module.MeshCosts(CONFIG, data, model, attention, rows=64, length=64)

    return costs


def test_one_device_has_all_weights_and_sends_nothing(costs):
    one = costs(1, 1)
    assert one.weights == count_weights(CONFIG)
    assert one.gradient_wire_bytes == one.activation_wire_bytes == 0


def test_rows_divide_operations_and_weights_divide_memory(costs):
    one, data, model = costs(1, 1), costs(8, 1), costs(1, 8)
    assert data.state_bytes == one.state_bytes
    assert data.operations == pytest.approx(one.operations / 8)
    assert model.operations == pytest.approx(one.operations / 8)
    assert model.state_bytes == pytest.approx(one.state_bytes / 8, rel=0.01)
    assert costs(1, 8, attention=False).state_bytes > 2 * model.state_bytes


@pytest.mark.slow
def test_formulas_equal_compiled_programs():
    pytest.importorskip("jax")
    sizes = ["--layers", "1", "--vocabulary-size", "4096", "--rows", "16", "--length", "32"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, PROGRAM, "--preset", "base", *sizes, "--meshes", "8x1", "4x2", "2x4"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800)
    assert run.returncode == 0, run.stderr
    rows = re.findall(r"^\| (\d x \d.*?) \|(.*)\|$", run.stdout, re.MULTILINE)
    assert len(rows) == 5
    for name, cells in rows:
        state, temporary, gradients, activations, _, operations = (
            [float(number.replace(",", "")) for number in cell.split("/")] for cell in cells.split("|")
        )
        for formula, compiled in (state, gradients, activations):
            assert compiled == pytest.approx(formula, rel=0.02, abs=0.02), name
        assert operations[1] == pytest.approx(operations[0], rel=0.05), name
        assert 0.5 < temporary[1] / temporary[0] < 2, name
