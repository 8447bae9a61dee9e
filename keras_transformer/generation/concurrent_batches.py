"""Runs a search on several batches at a time, one per processor core."""

import concurrent.futures
import contextlib
import contextvars
import math
import os
import pathlib

import tensorflow as tf

# A batch of fewer texts takes nearly the same time.
SMALLEST_BATCH = 8
# The processor time of this container in each period, in microseconds (cgroup v2).
_CPU_LIMIT = pathlib.Path("/sys/fs/cgroup/cpu.max")
_is_one_at_a_time = contextvars.ContextVar("is_one_at_a_time", default=False)


@contextlib.contextmanager
def one_batch_at_a_time():
    """Context in which this thread searches one batch at a time, because other threads search other texts."""
    token = _is_one_at_a_time.set(True)
    try:
        yield
    finally:
        _is_one_at_a_time.reset(token)


def count_concurrent_batches():
    """Returns the number of batches to search at a time: the cores that this process may use, or 1 with a GPU.

    The limit of a container counts as well. TensorFlow's variable TF_NUM_INTEROP_THREADS is an upper bound. Within
    `one_batch_at_a_time` it is 1.
    """
    if _is_one_at_a_time.get() or tf.config.list_logical_devices("GPU"):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # "max 100000" is no limit.
        quota, period = map(int, _CPU_LIMIT.read_text(encoding="ascii").split())
        cores = min(cores, max(1, math.ceil(quota / period)))
    given = os.environ.get("TF_NUM_INTEROP_THREADS", "")
    return min(cores, int(given)) if given.isdecimal() and int(given) else cores


def concurrent_batch_size(count, batch_size, num_batches):
    """Returns the number of texts of a batch, so that few texts are divided among all cores as well.

    Args:
        count: number of texts.
        batch_size: maximum number of texts of a batch.
        num_batches: number of batches at a time.
    """
    return min(batch_size, max(SMALLEST_BATCH, -(-count // num_batches)))


def results_as_completed(function, items, num_threads):
    """Yields pairs of an item and the result of a function, in the order in which they are completed.

    TensorFlow releases Python's interpreter lock while it runs a graph, so threads are enough.

    Args:
        function: a function of one item. It is called in other threads if there are several items and threads.
        items: a list. It is processed from the first to the last item.
        num_threads: number of items at a time.

    Raises:
        Exception: that of the first call that failed. The waiting items are dropped.
    """
    if min(num_threads, len(items)) < 2:
        for item in items:
            yield item, function(item)
        return
    pool = concurrent.futures.ThreadPoolExecutor(num_threads)
    errors = []

    def call(item):
        if errors:  # The items that wait are dropped, also if this thread takes them before they are cancelled.
            raise errors[0]
        try:
            return function(item)
        except Exception as error:
            errors.append(error)
            raise

    try:
        futures = {pool.submit(call, item): item for item in items}
        for future in concurrent.futures.as_completed(futures):
            yield futures.pop(future), future.result()
    finally:
        # Without waiting, so that Ctrl-C is not delayed by running batches.
        pool.shutdown(wait=False, cancel_futures=True)
