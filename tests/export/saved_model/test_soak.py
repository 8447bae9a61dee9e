"""Many clients at a time on a SavedModel in the C API. `make soak` runs the same for ten minutes."""

import subprocess
import sys

import pytest
from fuzz.workers import fuzz_environment


@pytest.mark.slow
def test_clients_get_the_results_of_single_calls_in_steady_memory(saved_model):
    command = [sys.executable, "-m", "fuzz.soak", "--saved-model", str(saved_model), "--minutes", str(20 / 60)]
    done = subprocess.run(command, env=fuzz_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "| errors | 0 |" in done.stdout
    assert "| other than a single call | 0 |" in done.stdout
