import contextlib
import sys
import threading
import time

import click

# Seconds between two lines if no bar can be shown.
_SECONDS = 30


def progress(length, label):
    """Shows progress on standard error: a bar on a terminal, otherwise a line at intervals.

    Args:
        length: amount of work, or None if it is unknown. In this case, progress is counted in lines.
        label: description of the work, such as "Translating".

    Returns:
        A context manager of an object with a method `update(amount)`.
    """
    if not sys.stderr.isatty():
        return _lines_of_progress(length, label)
    # With an unknown length, a user can be typing the lines.
    return click.progressbar(length=length or 0, label=label, file=sys.stderr, hidden=length is None)


@contextlib.contextmanager
def _lines_of_progress(length, label):
    counter = _Counter()
    over = threading.Event()
    threading.Thread(target=_print_lines, args=(counter, over, length, label), daemon=True).start()
    try:
        yield counter
    finally:
        over.set()


def _print_lines(counter, over, length, label):
    started, said = time.monotonic(), 0
    while not over.wait(_SECONDS):
        done, seconds = counter.done, time.monotonic() - started
        if length:
            print(f"{label}: {done / length:.0%} after {seconds:.0f} s", file=sys.stderr)
        elif done > said:  # Otherwise no input arrives.
            print(f"{label}: {done:,.0f} lines after {seconds:.0f} s", file=sys.stderr)
        said = done


class _Counter:
    """Counts the completed work."""

    done = 0

    def update(self, amount):
        self.done += amount
