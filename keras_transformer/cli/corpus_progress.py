import sys
import threading
import time

from keras_transformer.processes.printable import printable

# Seconds between two lines of progress.
_SECONDS = 30


class CorpusProgress:
    """Prints the progress of the translation of a corpus to standard error, a line every 30 seconds.

    It is a context manager. The lines end with it. `add_lines` can be called in any thread.
    """

    def __init__(self):
        self._started = time.monotonic()
        self._shards = self._done = self._lines = self._failures = 0
        self._changing, self._over = threading.Lock(), threading.Event()

    def __enter__(self):
        threading.Thread(target=self._print_lines, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._over.set()

    def begin(self, shards, done):
        """Sets the number of shards and of those that an earlier run has translated."""
        self._shards, self._done = shards, done
        if done:
            print(f"{done} of {shards} shards are done already.", file=sys.stderr)

    def add_lines(self, count):
        """Counts lines, also those of an unfinished shard."""
        with self._changing:
            self._lines += count

    def add_shard(self, outcome, is_counted):
        """Counts a shard.

        Args:
            outcome: its `Outcome`. A failure is printed. The first is not, because it is part of the final error.
            is_counted: whether its lines were counted by `add_lines` already.
        """
        if outcome.failure is not None:
            self._failures += 1
            if self._failures > 1:
                print(f"keras-transformer: {printable(outcome.failure)}", file=sys.stderr)
            return
        self._done += 1
        self.add_lines(0 if is_counted else outcome.record["lines"])

    def _print_lines(self):
        # Workers of Ray report only finished shards, so the time is printed without any change as well.
        while not self._over.wait(_SECONDS):
            if self._shards:
                seconds = time.monotonic() - self._started
                print(
                    f"Translating: {self._done} of {self._shards} shards, {self._lines:,.0f} lines in {seconds:.0f} s, "
                    f"{self._lines / seconds:.1f} lines/s",
                    file=sys.stderr,
                )
