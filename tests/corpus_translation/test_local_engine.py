"""Tests of small shards, which are translated in threads."""

import json
import threading

import pytest
from untrained_models import lines_of

from keras_transformer.corpus_translation import local_engine
from keras_transformer.corpus_translation.job import Job, JobError
from keras_transformer.corpus_translation.shard_translator import ShardTranslator
from keras_transformer.corpus_translation.translate_corpus import translate_corpus
from keras_transformer.errors import InputError

pytestmark = pytest.mark.usefixtures("warm")

JOB = Job(beam_size=1, window=6, batch_size=4)
NUM_SHARDS = 12


@pytest.fixture
def shards(tmp_path):
    """A pattern of small shards, of which the first has no lines."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(NUM_SHARDS):
        (folder / f"{number:02}.txt").write_text("".join(f"{line}\n" for line in lines_of(number, start=10 * number)))
    return folder / "*.txt"


@pytest.fixture
def threads(monkeypatch):
    """A function that sets the number of shards at a time."""
    return lambda number: monkeypatch.setattr(local_engine, "count_concurrent_batches", lambda: number)


def content_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("_")}


def test_the_output_does_not_depend_on_the_number_of_threads(model, shards, threads, tmp_path):
    for number in (1, 2):
        threads(number)
        translate_corpus(model, shards, tmp_path / str(number), JOB)
    assert len(content_of(tmp_path / "1")) == NUM_SHARDS
    assert content_of(tmp_path / "2") == content_of(tmp_path / "1")


def test_small_shards_are_translated_at_the_same_time(model, shards, threads, tmp_path, monkeypatch):
    threads(2)
    translate, together = ShardTranslator.translate, threading.Barrier(2, timeout=60)

    def meet(self, shard, progress):
        # The first two shards are translated alone: one without text, and the first one with text.
        if 2 <= int(shard.name[:2]) < 12:
            together.wait()
        return translate(self, shard, progress)

    monkeypatch.setattr(ShardTranslator, "translate", meet)
    assert translate_corpus(model, shards, tmp_path / "out", JOB)["shards"] == NUM_SHARDS


def test_large_shards_are_translated_one_after_the_other(model, shards, threads, tmp_path, monkeypatch):
    threads(2)
    monkeypatch.setattr(local_engine, "_MOST_BYTES", -1)
    translate, found = ShardTranslator.translate, []

    def note(self, shard, progress):
        found.append((shard.name, threading.current_thread()))
        return translate(self, shard, progress)

    monkeypatch.setattr(ShardTranslator, "translate", note)
    translate_corpus(model, shards, tmp_path / "out", JOB)
    assert found == [(f"{number:02}.txt", threading.main_thread()) for number in range(NUM_SHARDS)]


def test_cut_lines_are_counted_for_each_shard(model, shards, threads, tmp_path):
    threads(2)
    for number in (5, 9):
        (shards.parent / f"{number:02}.txt").write_text("the cat " * 1000 + "\nthe dog\n")
    translate_corpus(model, shards, tmp_path / "out", JOB)
    records = json.loads((tmp_path / "out" / "_manifest.json").read_text())["shards"]
    assert [record["cut_lines"] for record in records] == [int(number in (5, 9)) for number in range(NUM_SHARDS)]


def test_a_shard_that_cannot_be_read_does_not_stop_the_others(model, shards, threads, tmp_path):
    threads(2)
    (shards.parent / "07.txt").write_bytes(b"\xff\n")
    with pytest.raises(InputError, match="1 of 12 shards cannot be translated.*07.txt, line 1: expected UTF-8"):
        translate_corpus(model, shards, tmp_path / "out", JOB)
    assert len(content_of(tmp_path / "out")) == NUM_SHARDS - 1
    (shards.parent / "07.txt").write_bytes(b"a dog\n")
    assert translate_corpus(model, shards, tmp_path / "out", JOB)["shards"] == 1


def test_an_error_of_every_shard_ends_the_job(model, shards, threads, tmp_path, monkeypatch):
    threads(2)
    translate = ShardTranslator.translate

    def fail(self, shard, progress):
        if shard.name == "03.txt":
            raise JobError("The disk is full.")
        return translate(self, shard, progress)

    monkeypatch.setattr(ShardTranslator, "translate", fail)
    with pytest.raises(JobError, match="The disk is full"):
        translate_corpus(model, shards, tmp_path / "out", JOB)
    assert 2 <= len(content_of(tmp_path / "out")) < NUM_SHARDS
