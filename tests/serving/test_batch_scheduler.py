import asyncio
import threading
import time

import pytest

from keras_transformer.serving.batch_scheduler import BatchScheduler
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.server_metrics import ServerMetrics
from keras_transformer.serving.translation_job import TranslationJob


class Recorder:
    """An engine that returns its texts, and records its batches."""

    def __init__(self):
        self.batches = []
        self.may_run = threading.Event()

    def run(self, signature, texts, direction):
        self.batches.append(texts)
        assert self.may_run.wait(10)
        if b"error" in texts:
            raise ValueError("damaged")
        return [{"text": text} for text in texts]


@pytest.fixture
def engine():
    return Recorder()


@pytest.fixture
def scheduler():
    scheduler = BatchScheduler(1, 4, 0.005, 12, ServerMetrics())
    yield scheduler
    scheduler.close()


def job_of(engine, texts, signature="serving_default", seconds=10):
    return TranslationJob(engine, signature, [text.encode() for text in texts], None, time.monotonic() + seconds)


async def submitted(scheduler, engine, *lists, before=lambda: None, **options):
    """Submits jobs while a first one keeps the worker busy, and returns their results."""
    first = job_of(engine, ["first"])
    scheduler.submit(first)
    while not engine.batches:
        await asyncio.sleep(0.001)
    jobs = [job_of(engine, texts, **options) for texts in lists]
    try:
        for job in jobs:
            scheduler.submit(job)
        before()
    finally:
        engine.may_run.set()
    return await asyncio.gather(*(job.future for job in jobs), return_exceptions=True)


def test_each_request_gets_its_texts_in_order(scheduler, engine):
    lists = [["a", "bbbbbb"], ["cc"], ["", "dddd", "e"]]
    found = asyncio.run(submitted(scheduler, engine, *lists))
    assert [[row["text"].decode() for row in rows] for rows in found] == lists


def test_batches_have_texts_of_similar_length(scheduler, engine):
    asyncio.run(submitted(scheduler, engine, ["a", "b" * 9, "c" * 2, "d" * 8], ["e" * 3, "f" * 7, "g" * 4, "h" * 6]))
    assert [sorted(map(len, batch)) for batch in engine.batches[1:]] == [[1, 2, 3, 4], [6, 7, 8, 9]]


def test_a_long_request_does_not_hold_up_a_later_short_one(scheduler, engine):
    asyncio.run(submitted(scheduler, engine, ["long"] * 10, ["late"]))
    assert b"late" in engine.batches[1]


def test_batches_have_one_signature(scheduler, engine):
    async def run():
        jobs = [job_of(engine, ["a"], "n_best"), job_of(engine, ["b"])]
        for job in jobs:
            scheduler.submit(job)
        engine.may_run.set()
        await asyncio.gather(*(job.future for job in jobs))

    asyncio.run(run())
    assert sorted(engine.batches) == [[b"a"], [b"b"]]


def test_a_full_queue_is_an_error_with_the_time_to_wait(scheduler, engine):
    with pytest.raises(RequestError) as caught:
        asyncio.run(submitted(scheduler, engine, ["a"] * 12, ["b"]))
    assert caught.value.status == 429
    assert int(caught.value.headers["Retry-After"]) >= 1


def test_texts_after_their_deadline_are_not_translated(scheduler, engine):
    (error,) = asyncio.run(submitted(scheduler, engine, ["late"], seconds=-1))
    assert error.status == 504
    assert engine.batches == [[b"first"]]


def test_an_error_of_a_batch_does_not_end_the_worker(scheduler, engine):
    errors = asyncio.run(submitted(scheduler, engine, ["error"], ["a"]))
    assert [str(error) for error in errors] == ["damaged"] * 2
    (rows,) = asyncio.run(submitted(scheduler, engine, ["b"]))
    assert rows == [{"text": b"b"}]


def test_texts_of_a_cancelled_request_are_dropped(scheduler, engine):
    async def run():
        scheduler.submit(job_of(engine, ["first"]))
        while not engine.batches:
            await asyncio.sleep(0.001)
        job = job_of(engine, ["a"])
        scheduler.submit(job)
        scheduler.cancel(job)
        assert scheduler.waiting == 0
        engine.may_run.set()

    asyncio.run(run())
    assert engine.batches == [[b"first"]]
