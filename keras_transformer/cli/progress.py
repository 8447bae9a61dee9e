import contextlib
import sys
import threading
import time

import click

# Between two lines where no bar can be shown.
_SECONDS = 30


def progress(length, label):
    """Progress on standard error: a bar on a terminal, otherwise a line now and then.

    Args:
        length: how much there is to do; None where that is not known, and what is done are lines.
        label: what is done, such as "Translating".

    Returns:
        A context manager of an object with a method `update(amount)`.
    """
    if not sys.stderr.isatty():
        return _lines_of_progress(length, label)
    # Where the length is not known, somebody may be typing the lines.
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
        elif done > said:  # Otherwise nobody gives anything to do.
            print(f"{label}: {done:,.0f} lines after {seconds:.0f} s", file=sys.stderr)
        said = done


class _Counter:
    """What is done so far."""

    done = 0

    def update(self, amount):
        self.done += amount
