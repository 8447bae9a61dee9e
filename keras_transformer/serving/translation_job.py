import asyncio
import contextlib
import itertools

_numbers = itertools.count()


class TranslationJob:
    """The texts of one request, which the workers translate in any order.

    Args:
        engine: the `Engine`. The job holds it until all texts are translated.
        signature: name of the signature.
        texts: a list of bytes.
        direction: a `ServedDirection`. Default None: the only one.
        deadline: time of `time.monotonic` after which the texts are not translated any more.
    """

    def __init__(self, engine, signature, texts, direction, deadline):
        self.key = (engine, signature, direction)
        self.texts = texts
        self.deadline = deadline
        self.number = next(_numbers)
        self.rows = [None] * len(texts)
        self.missing = len(texts)
        self.is_cancelled = False
        self._loop = asyncio.get_running_loop()
        self.future = self._loop.create_future()

    def set_row(self, index, row):
        """Stores the outputs of a text. The last one ends the job. Called by workers."""
        self.rows[index] = row
        self.missing -= 1

    def finish(self, error=None):
        """Wakes the request, with an error or with all rows. Called in the loop of the request."""
        if self.future.done():
            return
        if error is not None:
            self.future.set_exception(error)
        elif not self.missing:
            self.future.set_result(self.rows)

    def finish_soon(self, error=None):
        """Calls `finish` from another thread."""
        with contextlib.suppress(RuntimeError):  # The loop has ended with the server.
            self._loop.call_soon_threadsafe(self.finish, error)
