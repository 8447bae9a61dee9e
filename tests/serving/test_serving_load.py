"""A small run of the load script: right requests and wrong ones at the same time."""

import json
import subprocess
import sys

import pytest
from export_cases import SOURCES
from server_process import REPOSITORY


@pytest.mark.slow
def test_no_response_is_lost_or_mixed_up_under_load(model, tmp_path):
    lines = tmp_path / "lines.txt"
    words = " ".join(SOURCES).split()
    lines.write_text("".join(f"{word} {other}\n" for word in words for other in words[:4]), encoding="utf-8")
    command = [sys.executable, REPOSITORY / "benchmarks" / "serving_load.py", model, "--input", lines, "--poison"]
    options = ["--requests", 300, "--clients", 1, 8, 64, "--minutes", 6, "--seconds", 1, "--log", tmp_path / "log"]
    result = subprocess.run(list(map(str, [*command, *options])), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    *loads, states, end = [json.loads(line) for line in result.stdout.splitlines()][1:]
    assert [load["clients"] for load in loads] == [1, 8, 64]
    for load in loads:
        assert load["lost"] == load["wrong"] == 0
        assert load["right"] + load["ties"] == load["requests"] > 0
    assert (
        states["after"]["threads"] <= states["before"]["threads"] + 2
    )  # TensorFlow starts threads when it needs them.
    assert states["after"]["files"] <= states["before"]["files"]
    assert end == {"exit_status": 0}
