import os
import threading

import pytest

from keras_transformer.generation import concurrent_batches
from keras_transformer.generation.concurrent_batches import (
    concurrent_batch_size,
    count_concurrent_batches,
    one_batch_at_a_time,
    results_as_completed,
)


def test_every_item_has_its_result():
    found = dict(results_as_completed(lambda item: item * item, list(range(20)), 3))
    assert found == {item: item * item for item in range(20)}


def test_items_run_at_the_same_time():
    together = threading.Barrier(2, timeout=60)
    found = dict(results_as_completed(lambda item: together.wait() is not None, [0, 1], 2))
    assert found == {0: True, 1: True}


@pytest.mark.parametrize(("items", "threads"), [([5], 4), ([5, 6], 1), ([], 4)])
def test_one_item_or_one_thread_needs_no_other_thread(items, threads):
    found = dict(results_as_completed(lambda item: threading.current_thread(), items, threads))
    assert found == dict.fromkeys(items, threading.main_thread())


def test_the_first_error_is_raised_and_waiting_items_are_dropped():
    called = []

    def fail(item):
        called.append(item)
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item"):
        list(results_as_completed(fail, list(range(1000)), 2))
    assert len(called) <= 2


def test_few_texts_are_divided_among_the_batches():
    assert concurrent_batch_size(64, 64, 2) == 32
    assert concurrent_batch_size(65, 64, 2) == 33
    assert concurrent_batch_size(10, 64, 4) == 8
    assert concurrent_batch_size(1000, 64, 2) == 64
    assert concurrent_batch_size(10, 3, 4) == 3


@pytest.mark.parametrize(("given", "most"), [("1", 1), ("100000", None), ("0", None), ("many", None), (None, None)])
def test_the_number_of_batches_at_a_time_is_at_most_that_of_tensorflow(monkeypatch, tmp_path, given, most):
    monkeypatch.setattr(concurrent_batches, "_CPU_LIMIT", tmp_path / "missing")
    cores = len(os.sched_getaffinity(0))
    if given is None:
        monkeypatch.delenv("TF_NUM_INTEROP_THREADS", raising=False)
    else:
        monkeypatch.setenv("TF_NUM_INTEROP_THREADS", given)
    assert count_concurrent_batches() == (most or cores)


def test_one_batch_at_a_time_is_a_choice_of_each_thread(monkeypatch, tmp_path):
    monkeypatch.setattr(concurrent_batches, "_CPU_LIMIT", tmp_path / "missing")
    monkeypatch.delenv("TF_NUM_INTEROP_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(7))
    found = []
    with one_batch_at_a_time():
        thread = threading.Thread(target=lambda: found.append(count_concurrent_batches()))
        thread.start()
        thread.join()
        assert count_concurrent_batches() == 1
    assert [count_concurrent_batches(), *found] == [7, 7]


@pytest.mark.parametrize(
    ("limit", "most"), [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1), ("x", None)]
)
def test_the_limit_of_a_container_is_kept(monkeypatch, tmp_path, limit, most):
    monkeypatch.delenv("TF_NUM_INTEROP_THREADS", raising=False)
    monkeypatch.setattr(concurrent_batches, "_CPU_LIMIT", tmp_path / "cpu.max")
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    assert count_concurrent_batches() == (most or len(os.sched_getaffinity(0)))
