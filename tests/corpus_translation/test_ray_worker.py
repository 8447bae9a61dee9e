"""Tests of the worker that Ray calls, without Ray."""

import dataclasses
import importlib.metadata
import json
import socket
import subprocess
import sys

import pytest
from untrained_models import lines_of

from keras_transformer.corpus_translation.job import Job, model_digest, versions
from keras_transformer.corpus_translation.job_folder import JobFolder
from keras_transformer.corpus_translation.ray_worker import MOST_ATTEMPTS, RayWorker
from keras_transformer.corpus_translation.shards import find_shards
from keras_transformer.corpus_translation.translate_corpus import translate_corpus

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def plan(model, tmp_path):
    """The plan of a job of two shards, and the row of both."""
    (tmp_path / "corpus").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "corpus" / name).write_text("\n".join(lines_of(3)))
    job = Job(beam_size=1).to_dict()
    shards = find_shards(tmp_path / "corpus" / "*", tmp_path / "out")
    plan = {"models": [str(model)], "output": str(tmp_path / "out"), "job": job, "run": "1"}
    plan |= {"digest": model_digest(model), "versions": versions()}
    with JobFolder(tmp_path / "out").held(plan["digest"], job, plan["versions"]):
        pass
    return plan, {"shards": [dataclasses.asdict(shard) for shard in shards]}


def answers(plan, row):
    return [each["answer"] for each in RayWorker(plan)(row)]


def test_a_worker_returns_the_records_of_a_row(plan):
    found = answers(*plan)
    assert [(answer["shard"], answer["record"]["lines"]) for answer in found] == [("a.txt", 3), ("b.txt", 3)]
    # The next worker with the row has nothing to do.
    assert answers(*plan) == found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": ["/nowhere/model"]}, "/nowhere/model/config.json: expected a file of the model folder"),
        ({"digest": "another"}, "the model differs from that of the machine that started the job"),
        ({"versions": {**versions(), "tensorflow": "1.0"}}, "but the machine that started the job has 1.0"),
        ({"versions": {**versions(), "pyarrow": "1.0"}}, "but the machine that started the job has 1.0"),
        ({"versions": {**versions(), "not-installed": "1.0"}}, "not-installed is not installed."),
        (
            {"job": {"new_field": 1}, "versions": {**versions(), "keras_transformer": "9"}},
            "but the machine that started the job has 9",
        ),
    ],
    ids=[
        "no model",
        "another model",
        "another version",
        "another writer",
        "no writer",
        "another version with other settings",
    ],
)
def test_a_host_that_differs_ends_the_job_with_its_name(plan, change, message):
    found = answers({**plan[0], **change}, plan[1])
    assert len(found) == 1
    assert found[0]["end"].startswith(socket.gethostname())
    assert message in found[0]["end"]


def test_a_host_without_the_output_folder_ends_the_job_and_writes_nothing(plan, tmp_path):
    (found,) = answers({**plan[0], "output": str(tmp_path / "not mounted")}, plan[1])
    assert found["end"].startswith(socket.gethostname())
    assert f"{tmp_path / 'not mounted' / '_job.json'}: the file does not exist. All machines need" in found["end"]
    assert not (tmp_path / "not mounted").exists()


def test_a_host_with_the_output_folder_of_another_job_ends_the_job(plan, tmp_path):
    (tmp_path / "out" / "_job.json").write_text(json.dumps({"model": "another"}))
    (found,) = answers(*plan)
    assert "_job.json: the file is of another job." in found["end"]


def test_a_full_disk_of_a_host_ends_the_job_with_its_name_and_the_file(plan, tmp_path, largest_file):
    with largest_file(10):
        (found,) = answers(*plan)
    assert found["end"].startswith(socket.gethostname())
    assert found["end"].endswith(f"{tmp_path / 'out' / 'a.txt'}: File too large.")
    assert not [path.name for path in (tmp_path / "out").iterdir() if path.suffix == ".txt"]
    assert [answer["record"]["lines"] for answer in answers(*plan)] == [3, 3]


def test_a_host_without_tensorflow_is_named(plan, monkeypatch):
    def version(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    (found,) = answers(*plan)
    assert found["end"].startswith(socket.gethostname())
    assert found["end"].endswith("tensorflow is not installed.")


def test_a_worker_is_imported_without_tensorflow():
    program = "import sys, keras_transformer.corpus_translation.ray_worker; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_shard_that_cannot_be_read_is_a_failure_of_its_own(plan, tmp_path):
    (tmp_path / "corpus" / "a.txt").write_bytes(b"\xff")
    first, second = answers(*plan)
    assert "a.txt, line 1: expected UTF-8" in first["failure"]
    assert first["end"] is None
    assert second["record"]["lines"] == 3
    assert [path.name for path in (tmp_path / "out" / "_records").iterdir()] == ["b.txt.json"]


def test_a_planted_link_is_not_followed(plan, tmp_path):
    other, attempts = tmp_path / "other", tmp_path / "out" / "_records" / "a.txt.json.attempts"
    other.write_text("mine\n")
    attempts.parent.mkdir(parents=True)
    attempts.symlink_to(other)
    assert answers(*plan)[0]["record"]["lines"] == 3
    assert other.read_text() == "mine\n"


def test_a_shard_that_ends_its_workers_is_given_up(plan, tmp_path):
    attempts = tmp_path / "out" / "_records" / "a.txt.json.attempts"
    attempts.parent.mkdir(parents=True)
    attempts.write_text("0\n" * 9 + "1\n" * MOST_ATTEMPTS)  # Another run does not count.
    first, second = answers(*plan)
    assert f"{MOST_ATTEMPTS} workers ended while they translated a.txt" in first["failure"]
    assert second["record"]["lines"] == 3
    assert JobFolder(tmp_path / "out").record("b.txt").exists()


SAMPLING = {"sample": True, "seed": 5, "temperature": 2.0, "top_k": 30, "no_repeat_ngram": 2, "min_length": 2}


def test_samples_do_not_depend_on_the_worker(plan, model, tmp_path):
    job = Job(**SAMPLING, window=2, batch_size=2)
    translate_corpus(model, tmp_path / "corpus" / "*", tmp_path / "local", job)
    for shard in reversed(plan[1]["shards"]):  # Each by another worker.
        answers({**plan[0], "job": json.loads(json.dumps(job.to_dict()))}, {"shards": [shard]})
    for name in ("a.txt", "b.txt"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()


def test_another_glossary_ends_the_job(plan, tmp_path):
    glossary = tmp_path / "terms.tsv"
    glossary.write_text("a\tb\n")
    job = Job(beam_size=1, glossary=str(glossary)).to_dict()
    glossary.write_text("a\tc\n")
    (found,) = answers({**plan[0], "job": job}, plan[1])
    assert found["end"].endswith("terms.tsv: the glossary differs from that of the machine that started the job.")
