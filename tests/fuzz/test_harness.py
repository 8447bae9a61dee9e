"""Tests of the harness of `make fuzz`: counts, replays, reports of crashes, and planted bugs."""

import ast
import importlib
import random
import sys
import time
from types import SimpleNamespace

import pytest

from fuzz.artifact_worker import runner_file
from fuzz.fuzz_property import Failure, FuzzProperty, is_clean_line
from fuzz.mutations import mutate_bytes, mutate_folder
from fuzz.planted import PLANTED_BUGS
from fuzz.properties import PROPERTIES
from fuzz.properties.recipes import Recipes
from fuzz.properties.runtimes import Runtimes
from fuzz.run import check_property
from fuzz.texts import INVISIBLE, invisible_text, random_bytes, random_text
from fuzz.workers import Worker, WorkerEnded


class Odd(FuzzProperty):
    """Random numbers from 0 to 9 are odd: wrong for half of the cases."""

    name = "odd"

    def check(self, generator, folder):
        assert not any(folder.iterdir())
        if (number := generator.randrange(10)) % 2 == 0:
            raise Failure(f"{number}")
        return 1


def report_of(fuzz_property, seed, cases):
    return check_property(fuzz_property, seed, cases, 60, report=lambda state: None)


def test_a_failure_is_found_again_by_its_seed():
    report = report_of(Odd(None), seed=3, cases=20)
    assert report["cases"] == 20
    assert report["count"] + len(report["failures"]) == 20
    for failure in report["failures"]:
        again = report_of(Odd(None), failure["seed"], cases=1)
        assert [each["message"] for each in again["failures"]] == [failure["message"]]


def test_a_property_holds_for_a_few_cases():
    report = report_of(Recipes(None), seed=0, cases=1)
    assert report["count"] + len(report["failures"]) > 0


def test_texts_are_those_of_their_seed_and_can_be_encoded():
    texts = [[make(random.Random(seed)) for seed in range(300)] for make in (random_text, random_bytes, invisible_text)]
    assert texts == [
        [make(random.Random(seed)) for seed in range(300)] for make in (random_text, random_bytes, invisible_text)
    ]
    assert not any("\n" in text.encode().decode() for text in texts[0])
    assert all(not text.strip(INVISIBLE) for text in texts[2])
    assert len({*texts[0]}) > 200


def test_folders_are_changed(tmp_path):
    for seed in range(200):
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "config.json").write_text('{"format_version": 1, "model": {"hidden_dim": 16}}')
        assert mutate_folder(folder, random.Random(seed))
    assert any(mutate_bytes(b"some bytes", random.Random(seed)) != b"some bytes" for seed in range(5))


@pytest.mark.parametrize("name", PLANTED_BUGS)
def test_a_planted_bug_replaces_something_that_exists(name):
    bug = PLANTED_BUGS[name]
    assert bug.caught_by in PROPERTIES
    owner = importlib.import_module(bug.module)
    for part in bug.attribute.split("."):
        owner = getattr(owner, part)
    assert callable(bug.wrap(owner))


@pytest.mark.parametrize("kind", ["tflite", "tflite_text", "ctranslate2"])
def test_the_request_of_a_runner_has_all_its_arguments(kind, tmp_path):
    tokenizer = SimpleNamespace(tokenize=lambda texts: SimpleNamespace(to_list=lambda: [[4]]))
    runtimes = SimpleNamespace(
        workspace=SimpleNamespace(model=lambda name: tmp_path),
        translators={"shared": SimpleNamespace(source_tokenizer=tokenizer)},
    )
    program = ast.parse(runner_file(kind).read_text())
    (run,) = (node for node in program.body if isinstance(node, ast.FunctionDef) and node.name == "run")
    names = {argument.arg for argument in run.args.args[1:]}
    assert set(Runtimes.request(runtimes, "shared", kind, ["a"])) == names


@pytest.fixture
def worker(tmp_path):
    """A worker that ends, sleeps or answers on request."""
    program = tmp_path / "obedient.py"
    program.write_text(
        "import os, time\nfrom fuzz.workers import serve\n"
        "def answer(request):\n    exec(request)\n    return 'done'\nserve(answer)\n"
    )
    worker = Worker("unused")
    worker.command = [sys.executable, str(program)]
    yield worker
    worker.close()


def test_printed_text_of_a_worker_is_no_answer(worker):
    assert worker.ask("print('noise')") == "done"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ("os.abort()", "ended with -6"),
        ("time.sleep(60)", "hangs"),
        ("while True: pass", "took more than 0.5 seconds"),
    ],
)
def test_a_worker_that_crashes_or_hangs_is_reported_and_replaced(worker, request_, reason):
    started = time.monotonic()
    with pytest.raises(WorkerEnded, match=reason):
        worker.ask(request_, cpu_seconds=0.5, idle_seconds=1)
    assert time.monotonic() - started < 30
    assert worker.ask("pass") == "done"


def test_a_clean_line_holds_nothing_that_a_terminal_obeys():
    assert is_clean_line("models/ko: 한국어, “quoted”.")
    assert not any(map(is_clean_line, ["", "two\nlines", "\x1b[31mred", "line\u2028separator", "\ud800"]))
