"""Lines in and lines out, without the surprises of text files."""

import contextlib
import os
import queue
import sys
import threading

import click

from keras_transformer.data import decoded_lines, opened_text
from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming
from keras_transformer.processes.printable import printable
from keras_transformer.text.blank import is_blank


def chunks_as_they_come(lines, most):
    """Lists of lines: whatever has come by the time it is asked for, at least one line and at most `most`.

    A file is so read in full chunks, while somebody who writes line by line has each answer at once. Memory holds two
    chunks at the most.
    """
    waiting = queue.Queue(maxsize=most)
    end = object()

    def read():
        try:
            for line in lines:
                waiting.put(line)
            waiting.put(end)
        except Exception as error:  # Raised again where the lines are used.
            waiting.put(error)

    threading.Thread(target=read, daemon=True).start()
    last = None
    while last is None:
        chunk = [waiting.get()]
        while len(chunk) < most and chunk[-1] is not end and not isinstance(chunk[-1], Exception):
            try:
                chunk.append(waiting.get(timeout=0.02))
            except queue.Empty:
                break
        if chunk[-1] is end or isinstance(chunk[-1], Exception):
            last = chunk.pop()
        if chunk:
            yield chunk
    if isinstance(last, Exception):
        raise last


@contextlib.contextmanager
def opened_input(path):
    """The binary file at `path`, decompressed, or standard input as it is; and its name for messages.

    Raises:
        InputError: the file cannot be read, or standard input is closed.
    """
    if path is None:
        if sys.stdin is None:
            raise InputError("standard input is closed, and there is no --input FILE to read.")
        # A file object of its own: Python aborts at its exit where a thread still waits in `sys.stdin`.
        yield open(sys.stdin.fileno(), "rb", closefd=False), "standard input"  # noqa: SIM115 (nothing to close)
    else:
        with opened_text(path) as file:
            yield file, str(path)


def _opened(path, mode):
    try:
        return open(path, mode)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None


@contextlib.contextmanager
def opened_output(path, source=None):
    """A function that writes a line to the file at `path`, or to standard output.

    Args:
        path: the file, which is replaced; None for standard output.
        source: an open file that is read at the same time and must be another one; None where there is none.

    Raises:
        InputError: the file cannot be written, it is the one that is read, or standard output is closed.
        OSError: a line cannot be written, such as on a full disk.
    """
    if path is None:
        check_standard_output("--output FILE")
        yield lambda line: _write(sys.stdout.buffer, line, "standard output")
        return
    if source is not None and path.is_file() and os.path.samestat(path.stat(), os.fstat(source.fileno())):
        raise InputError(f"{path}: input and output are the same file, which would be lost; choose another output.")
    file = _opened(path, "wb")
    try:
        yield lambda line: _write(file, line, path)
    finally:
        with naming(path):
            file.close()


def check_standard_output(alternative=None):
    """Raises an `InputError` where there is no standard output to print results to.

    Args:
        alternative: the option that names a file for them. Default None.
    """
    if sys.stdout is None:
        advice = f", and there is no {alternative} to write to" if alternative else ", where the results go"
        raise InputError(f"standard output is closed{advice}.")


def print_result(text):
    """Prints a line to standard output, at once."""
    with naming("standard output"):
        click.echo(text)


def print_path(path):
    """Prints the path of a result, in which no character does anything to a terminal."""
    print_result(printable(str(path)))


def _write(file, line, name):
    # A model can spell any byte; what it wrote stays one line.
    with naming(name):
        file.write(line.replace("\n", " ").replace("\r", " ").encode("utf-8") + b"\n")
        file.flush()


def read_parallel_lines(*paths):
    """All lines of text files, which must have as many lines as each other, a list for each file."""
    texts = []
    for path in paths:
        with opened_input(path) as (file, name):
            texts.append(list(decoded_lines(file, name)))
    for path, text in zip(paths, texts, strict=True):
        if len(text) != len(texts[0]):
            raise InputError(
                f"The files must have as many lines as each other, but {paths[0]} has {len(texts[0])} and {path} has "
                f"{len(text)}."
            )
    if all(map(is_blank, texts[0])):
        raise InputError(f"{paths[0]}: the file is empty.")
    return texts
