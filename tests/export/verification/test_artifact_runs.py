"""Tests of the process that runs an artifact."""

import pathlib

from keras_transformer.export.verification.artifact_runs import run_program

PROGRAM = """
import json, pathlib, sys, tempfile

folder = tempfile.mkdtemp()
pathlib.Path(folder, "unpacked").touch()
result = {"translations": [folder], "tokens": None, "scores": None, "milliseconds": [0.1]}
pathlib.Path(sys.argv[3]).write_text(json.dumps(result))
"""


def test_temporary_files_that_the_program_leaves_are_removed(tmp_path):
    program = tmp_path / "runner.py"
    program.write_text(PROGRAM)
    (folder,) = run_program(program, tmp_path, ["a text"]).translations
    assert not pathlib.Path(folder).exists()
