import asyncio
import math
import os
import time

from keras_transformer.serving.batch_scheduler import BatchScheduler
from keras_transformer.serving.model_manager import ModelManager
from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.server_metrics import ServerMetrics
from keras_transformer.serving.translation_job import TranslationJob

_SECONDS_BETWEEN_LOOKS = 0.02


class TranslationService:
    """The models and the workers of the server, without HTTP.

    Args:
        models, config_file: see `ModelManager`.
        settings: the `ServingSettings`.
        log: a function that writes an event with fields.
    """

    def __init__(self, models, config_file, settings, log):
        self.settings = settings
        self.metrics = ServerMetrics()
        self.manager = ModelManager(models, config_file, settings, log, self.metrics)
        workers = settings.workers or _count_cores()
        self.scheduler = BatchScheduler(
            workers, settings.max_batch_size, settings.batch_wait, settings.queue_size, self.metrics
        )

    def check_limits(self, texts, facts):
        """Raises a RequestError if a request has too many texts or characters, and counts both in `RequestFacts`.

        Args:
            texts: a list of strings, or of bytes in UTF-8.
            facts: the `RequestFacts`.
        """
        facts.texts = len(texts)
        facts.characters = sum(map(_count_characters, texts))
        limits = {"texts": self.settings.max_texts, "characters": self.settings.max_characters}
        for name, most in limits.items():
            count = getattr(facts, name)
            if count > most:
                raise RequestError(413, f"The request has {count} {name}. At most {most} are allowed.")

    @property
    def deadline(self):
        """Time of `time.monotonic` at which a request that starts now is over."""
        return time.monotonic() + self.settings.max_seconds

    async def translate(self, version, signature, texts, facts, gone, direction=None, deadline=None):
        """Translates texts in batches with those of other requests.

        At most a quarter of the queue has texts of one request at a time.

        Args:
            version: the `LoadedVersion`, which stays acquired.
            signature: name of the signature.
            texts: a list of bytes.
            facts: the `RequestFacts`.
            gone: an awaitable that ends when the client has closed the connection.
            direction: see `Engine.run`. Default None.
            deadline: the `deadline` at the start of the request. Default None: it starts now.

        Returns:
            A list with a dictionary of outputs for each text.

        Raises:
            RequestError: the queue is full, the time is over, or the best score of a text is not finite.
        """
        deadline, rows = deadline or self.deadline, []
        size = max(1, self.scheduler.queue_size // 4)
        for start in range(0, len(texts), size):
            job = TranslationJob(version.engine, signature, texts[start : start + size], direction, deadline)
            while start and not self.scheduler.has_room(len(job.texts)):
                if gone.done() or time.monotonic() > deadline:
                    raise self._late_error(gone)
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            self.scheduler.submit(job)
            rows += await self._rows(job, gone)
        _check_finite(rows)
        if texts:
            self.metrics.texts.labels(facts.model).inc(len(texts))
            self.metrics.characters.labels(facts.model).inc(facts.characters)
        return rows

    async def _rows(self, job, gone):
        try:
            return await self.result(job.future, gone, job.deadline)
        finally:
            if job.missing:
                self.scheduler.cancel(job)

    async def result(self, future, gone, deadline):
        """Returns the result of a future of a request, see `translate`. It is cancelled if it is too late."""
        await asyncio.wait({future, gone}, timeout=deadline - time.monotonic(), return_when=asyncio.FIRST_COMPLETED)
        if future.done():
            return future.result()
        future.cancel()
        raise self._late_error(gone)

    def _late_error(self, gone):
        if gone.done():
            return RequestError(499, "The client has closed the connection.")
        return RequestError(504, f"The request was not translated in {self.settings.max_seconds:g} s.")

    def close(self):
        """Ends the threads."""
        self.manager.stop()
        self.scheduler.close()


def _check_finite(rows):
    """Raises a RequestError if the best score of a text is not finite. Its translation is arbitrary, mostly empty."""
    for row in rows:
        scores = row.get("scores") or row.get("score")
        best = scores[0] if isinstance(scores, list) else scores
        if isinstance(best, float) and not math.isfinite(best):
            raise RequestError(500, "The scores of the model are not finite. Its weights are too large or damaged.")


def _count_cores():
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _count_characters(text):
    """Counts code points. In UTF-8, the other bytes of a character are from 0x80 to 0xBF."""
    return len(text) if isinstance(text, str) else len(text.decode("utf-8", errors="replace"))
