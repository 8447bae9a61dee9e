import os
import pathlib
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--keep"]])
def test_a_check_without_text_fails_and_models_of_an_earlier_check_are_kept_only_on_request(tmp_path, options):
    model = tmp_path / "multi30k_1" / "model.weights.h5"
    model.parent.mkdir()
    model.touch()
    command = [sys.executable, str(REPOSITORY / "benchmarks" / "release_check.py"), "--only", "multi30k", *options]
    command += ["--output", str(tmp_path), "--data", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 1, result.stderr
    line = "multi30k: not checked, its text is missing (see training/README.md). --only phrases needs none."
    assert line in result.stdout.splitlines()
    assert model.exists() == bool(options)
