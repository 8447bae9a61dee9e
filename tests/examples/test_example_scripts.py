"""Every example reaches its stated score, and an example that misses it ends with exit status 1."""

import importlib.util
import os
import pathlib
import random
import re
import subprocess
import sys

import numpy as np
import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "examples"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))
REQUIRED = re.compile(r"^(?:LOWEST|HIGHEST)_(?:ACCURACY|EXACT|PERPLEXITY) = ([0-9.]+)", re.MULTILINE)


def run_script(name, **variables):
    """Returns exit status and standard output of an example in a fresh process."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "JAX_PLATFORMS": "cpu", **variables}
    command = [sys.executable, str(FOLDER / name)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode in (0, 1), result.stderr
    return result.returncode, result.stdout


def load(name):
    """Returns an example as a module."""
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), FOLDER / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table_row(name):
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| [`{name}`]"))
    return row


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_an_example_reaches_its_score(name):
    status, output = run_script(name)
    assert status == 0, output


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_layers_learn_on_another_backend(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed; `pip install {backend}` installs it")
    status, output = run_script("other_backends.py", KERAS_BACKEND=backend)
    assert status == 0, output
    assert f"{backend}: " in output


@pytest.mark.parametrize("name", ["language_model.py", "other_backends.py"])
@pytest.mark.slow
def test_a_missed_score_is_exit_status_1(name, monkeypatch, capsys):
    example = load(name)
    for constant, value in (("NUM_TEST", 64), ("NUM_SAMPLES", 4), ("BATCH_SIZE", 16)):
        if hasattr(example, constant):
            monkeypatch.setattr(example, constant, value)
    assert example.main(["--steps", "2"]) == 1
    assert "(required: at " in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_table_has_the_score_that_the_script_requires(name):
    required = float(REQUIRED.search((FOLDER / name).read_text(encoding="utf-8"))[1])
    assert (f"{100 * required:g} %" if required < 1 else f"{required:g}") in table_row(name)


def test_the_words_of_a_review_say_nothing_about_its_label():
    """The review with exchanged clauses has the same words, the other label, and the same probability."""
    example = load("classify_text.py")
    generator = random.Random(0)
    reviews = dict(example.make_review(generator) for _ in range(30_000))
    links = "|".join(example.LINKS)
    pairs = 0
    for text, label in reviews.items():
        exchanged = re.sub(rf"(the .*) ({links}) (the .*)", r"\3 \2 \1", text)
        assert sorted(exchanged.split()) == sorted(text.split())
        if exchanged in reviews:
            pairs += 1
            assert reviews[exchanged] == 1 - label
    assert pairs > 100


def test_dates_are_written_out():
    example = load("write_out_dates.py")
    assert example.make_pair(0, 0) == ("1900-01-01", "January first, 1900")
    assert example.make_pair(46_655, 1) == ("27/09/2027", "September twenty-seventh, 2027")
    assert example.make_pair(example.NUM_DAYS - 1, 2) == ("31 Dec 2099", "December thirty-first, 2099")


def test_lists_are_sorted():
    example = load("custom_training_loop.py")
    source, target, labels = example.make_batch(50, np.random.default_rng(0))
    for row in range(50):
        assert sorted(example.to_text(source[row])) == list(example.to_text(labels[row]))
        np.testing.assert_array_equal(target[row, 1:], np.where(labels[row] == 3, 0, labels[row])[:-1])
