import threading
import time
from typing import NamedTuple

from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.translation_job import TranslationJob

# A batch is complete if no text arrives for this time.
_SECONDS_BETWEEN_TEXTS = 0.001


class _Row(NamedTuple):
    priority: int
    length: int
    index: int
    job: TranslationJob
    arrived: float


class BatchScheduler:
    """Collects the texts of all requests in batches of similar length, one batch per worker at a time.

    The next batch contains the text that has waited longest, and texts of similar length of the same model, signature
    and direction. Texts of a long request alternate with those of later requests.

    Args:
        workers: number of threads.
        max_batch_size: number of texts of a batch.
        batch_wait: longest time in seconds to collect the texts of a batch.
        queue_size: number of texts that wait.
        metrics: the `ServerMetrics`.
    """

    def __init__(self, workers, max_batch_size, batch_wait, queue_size, metrics):
        self.workers = workers
        self.max_batch_size = max_batch_size
        self.batch_wait = batch_wait
        self.queue_size = queue_size
        self._metrics = metrics
        self._rows = []
        self._idle = 0
        self._is_closed = False
        self._seconds_per_text = 0.05
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self):
        """Number of texts that wait."""
        return len(self._rows)

    def submit(self, job):
        """Adds the texts of a `TranslationJob`.

        Raises:
            RequestError: the queue is full (429), or the server ends (503).
        """
        now = time.monotonic()
        rows = [_Row(job.number + index, len(text), index, job, now) for index, text in enumerate(job.texts)]
        with self._changed:
            if self._is_closed:
                raise RequestError(503, "The server is shutting down.", {"Retry-After": "5"})
            if not self.has_room(len(rows)):
                raise self.full_error()
            self._rows += rows
            self._metrics.queue.set(len(self._rows))
            self._changed.notify_all()

    def has_room(self, count):
        """Returns whether a number of texts fits in the queue now."""
        return len(self._rows) + count <= self.queue_size

    def full_error(self):
        """Returns the error of a request that does not fit into the queue."""
        seconds = max(1, round(len(self._rows) * self._seconds_per_text / self.workers))
        message = f"The queue of {self.queue_size} texts is full. Try again in {seconds} s."
        return RequestError(429, message, {"Retry-After": str(seconds)})

    def cancel(self, job):
        """Drops the texts of a job that wait."""
        job.is_cancelled = True
        with self._changed:
            self._rows = [row for row in self._rows if row.job is not job]
            self._metrics.queue.set(len(self._rows))

    def close(self):
        """Ends the workers after their batches. Texts that wait are refused."""
        with self._changed:
            self._is_closed = True
            rows, self._rows = self._rows, []
            self._changed.notify_all()
        for job in {row.job for row in rows}:
            job.finish_soon(RequestError(503, "The server is shutting down."))
        for thread in self._threads:
            thread.join(timeout=5)

    def _work(self):
        while True:
            with self._changed:
                self._idle += 1
            with self._turn:
                rows = self._next_batch()
            if rows is None:
                return
            self._run(rows)

    def _next_batch(self):
        """Waits for texts and returns a batch, or None at the end. One worker at a time calls it."""
        with self._changed:
            while not self._rows and not self._is_closed:
                self._changed.wait()
            end = time.monotonic() + self.batch_wait
            while len(self._rows) < self.max_batch_size and time.monotonic() < end and not self._is_closed:
                count = len(self._rows)
                self._changed.wait(_SECONDS_BETWEEN_TEXTS)
                if len(self._rows) == count:
                    break
            if self._is_closed:
                return None
            if not self._rows:  # Cancelled meanwhile.
                self._idle -= 1
                return []
            batch = chosen_batch(self._rows, self.max_batch_size, self._idle)
            taken = set(map(id, batch))
            self._rows = [row for row in self._rows if id(row) not in taken]
            self._idle -= 1
            self._metrics.queue.set(len(self._rows))
            return batch

    def _run(self, rows):
        now = time.monotonic()
        live = [row for row in rows if not row.job.is_cancelled and row.job.deadline > now]
        for job in {row.job for row in rows} - {row.job for row in live}:
            job.finish_soon(RequestError(504, "The request was not translated in time."))
        if not live:
            return
        engine, signature, direction = live[0].job.key
        try:
            found = engine.run(signature, [row.job.texts[row.index] for row in live], direction)
        except Exception as error:  # An error of TensorFlow must not end the worker.
            for job in {row.job for row in live}:
                job.finish_soon(error)
            return
        seconds = time.monotonic() - now
        self._seconds_per_text += 0.1 * (seconds / len(live) - self._seconds_per_text)
        self._metrics.add_batch(len(live), seconds, (now - row.arrived for row in live))
        finished = set()
        with self._changed:  # Two workers may have texts of the same job.
            for row, outputs in zip(live, found, strict=True):
                row.job.set_row(row.index, outputs)
                if not row.job.missing:
                    finished.add(row.job)
        for job in finished:
            job.finish_soon()


def chosen_batch(rows, max_batch_size, idle):
    """Returns the rows of the next batch.

    Args:
        rows: the rows that wait, at least one.
        max_batch_size: number of rows of a batch.
        idle: number of workers that can start now. They share few rows.
    """
    first = min(rows, key=lambda row: row.priority)
    same = sorted((row for row in rows if row.job.key == first.job.key), key=lambda row: (row.length, row.priority))
    size = min(max_batch_size, -(-len(same) // max(1, idle)))
    start = same.index(first) // size * size
    return same[start : start + size]
