import importlib
import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark_module(monkeypatch):
    """Imports a module of the folder `benchmarks` by its name. It is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(FOLDER))
    names = []

    def benchmark_module(name):
        names.append(name)
        return importlib.import_module(name)

    yield benchmark_module
    for name in names:
        del sys.modules[name]
