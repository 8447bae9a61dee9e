import threading
import time

import pytest

from keras_transformer.cli import corpus_progress
from keras_transformer.cli.corpus_progress import CorpusProgress
from keras_transformer.corpus_translation.outcome import Outcome


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(corpus_progress, "_SECONDS", 0.02)


def test_a_line_is_printed_before_any_shard_is_done(capsys):
    with CorpusProgress() as progress:
        progress.begin(40, 0)
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Translating: 0 of 40 shards, 0 lines in 0 s, 0.0 lines/s"
    assert len(lines) > 1
    time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_finished_shards_and_their_lines_are_counted(capsys):
    with CorpusProgress() as progress:
        progress.begin(40, 3)
        progress.add_lines(5)
        progress.add_shard(Outcome("a", record={"lines": 5}), is_counted=True)
        progress.add_shard(Outcome("b", record={"lines": 2000}), is_counted=False)
        progress.add_shard(Outcome("c", failure="the first is part of the final error"), is_counted=False)
        progress.add_shard(Outcome("d", failure="d: damaged"), is_counted=False)
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["3 of 40 shards are done already.", "keras-transformer: d: damaged"]
    assert lines[2].startswith("Translating: 5 of 40 shards, 2,005 lines in 0 s, ")


def test_lines_of_several_threads_are_all_counted(capsys):
    with CorpusProgress() as progress:
        threads = [threading.Thread(target=lambda: [progress.add_lines(1) for _ in range(10_000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        progress.begin(1, 0)
        time.sleep(0.2)
    assert "0 of 1 shards, 40,000 lines in" in capsys.readouterr().err


def test_short_work_prints_nothing(capsys):
    with CorpusProgress() as progress:
        progress.begin(1, 0)
    assert capsys.readouterr().err == ""
