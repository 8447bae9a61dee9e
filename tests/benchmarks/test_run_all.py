"""Tests of the script that runs all benchmarks: facts about the machine, and benchmarks that fail."""

import argparse
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def run_all(benchmark_module):
    return benchmark_module("run_all")


def test_the_header_has_machine_versions_date_and_commit(run_all):
    rows = dict(line.strip("| ").split(" | ", 1) for line in run_all.header()[2:])
    assert {"date", "commit", "processor", "load at the beginning", "Python", *run_all.PACKAGES} == set(rows)
    assert "cores" in rows["processor"]
    assert rows["tensorflow"][0].isdecimal()


def test_every_benchmark_is_a_script_of_the_folder(run_all):
    options = argparse.Namespace(model=pathlib.Path("model"), source="s", reference="r", quick=True)
    for script, *_ in run_all.commands(options):
        assert (FOLDER / script).is_file()


def test_a_benchmark_that_fails_is_listed_with_its_reason(run_all, tmp_path, monkeypatch):
    (tmp_path / "fails.py").write_text("import sys\nprint('| a table |')\nsys.exit('no model')\n")
    monkeypatch.setattr(run_all, "FOLDER", tmp_path)
    lines = run_all.section(["fails.py", "a b"])
    assert lines[:3] == ["## fails.py", "", '`python benchmarks/fails.py "a b"`']
    assert lines[-3:] == ["| a table |", "", "Failed: no model"]
