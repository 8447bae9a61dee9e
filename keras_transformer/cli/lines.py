"""Reads and writes lines as bytes."""

import contextlib
import errno
import itertools
import os
import queue
import sys
import threading

from keras_transformer.cli.standard_output import check_standard_output
from keras_transformer.data import decoded_lines
from keras_transformer.errors import InputError
from keras_transformer.files.opened_text import opened_text
from keras_transformer.files.whole_files import naming
from keras_transformer.text.blank import is_blank

# Long lines, of which `most` would not fit into the memory.
_MOST_CHARACTERS = 1 << 24


def chunks_as_they_come(lines, most):
    """Yields lists of the lines that have arrived, at least one line and at most `most` lines.

    A list ends as well if its lines have 16 million characters. A file is read in full chunks. Interactive input is
    processed line by line. At most two chunks are in memory.
    """
    waiting = _WaitingLines(maxsize=most)
    end = object()

    def read():
        try:
            for line in lines:
                waiting.put(line)
            waiting.put(end)
        except Exception as error:  # Raised again in the consumer of the lines.
            waiting.put(error)

    threading.Thread(target=read, daemon=True).start()
    last = None
    while last is None:
        chunk = [waiting.get()]
        characters = _length(chunk[0])
        while len(chunk) < most and characters < _MOST_CHARACTERS and not _is_last(chunk[-1], end):
            try:
                chunk.append(waiting.get(timeout=0.02))
            except queue.Empty:
                break
            characters += _length(chunk[-1])
        if _is_last(chunk[-1], end):
            last = chunk.pop()
        if chunk:
            yield chunk
    if isinstance(last, Exception):
        raise last


class _WaitingLines(queue.Queue):
    """A queue that is full with a number of lines or of characters."""

    def _init(self, maxsize):
        super()._init(maxsize)
        self._characters = 0

    def _qsize(self):
        return self.maxsize if self._characters >= _MOST_CHARACTERS else super()._qsize()

    def _put(self, line):
        super()._put(line)
        self._characters += _length(line)

    def _get(self):
        line = super()._get()
        self._characters -= _length(line)
        return line


def _length(line):
    return len(line) if isinstance(line, str) else 0


def _is_last(line, end):
    return line is end or isinstance(line, Exception)


@contextlib.contextmanager
def opened_input(path):
    """Yields the decompressed binary file at `path` or standard input, and its name for messages.

    Raises:
        InputError: the file cannot be read, or standard input is closed.
    """
    if path is None:
        if sys.stdin is None:
            raise InputError("standard input is closed. Set --input FILE.")
        # A separate file object, because Python aborts at its exit if a thread still waits in `sys.stdin`.
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
def opened_output(path, *read):
    """Yields a function that writes a line to the file at `path` or to standard output.

    Args:
        path: the file, which is replaced, or None for standard output.
        *read: paths and open files that the command reads. The output must not be one of them.

    Raises:
        InputError: the file cannot be written, input and output are the same file, or standard output is closed.
        OSError: a line cannot be written, such as on a full disk.
    """
    check_output(path, *read)
    if path is None:
        yield lambda line: _write(sys.stdout.buffer, line, "standard output")
        return
    file = _opened(path, "wb")
    try:
        yield lambda line: _write(file, line, path)
    finally:
        with naming(path):
            file.close()


def check_output(path, *read):
    """Raises an `InputError` if `opened_output` with the same arguments cannot open the file. Nothing is written."""
    if path is None:
        check_standard_output("--output FILE")
        return
    if path.is_file() and any(os.path.samestat(path.stat(), _status(each)) for each in read):
        raise InputError(f"{path}: input and output are the same file. Choose another output.")
    reason = None
    if path.is_dir():
        reason = errno.EISDIR
    elif not path.parent.is_dir():
        reason = errno.ENOTDIR if path.parent.exists() else errno.ENOENT
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        reason = errno.EACCES
    if reason:
        raise InputError(f"{path}: {os.strerror(reason)}.")


def _status(read):
    return os.stat(read.fileno() if hasattr(read, "fileno") else read)


def first_read(lines):
    """Returns an iterator of lines whose first line is read already, so that the errors of reading it are raised."""
    lines = iter(lines)
    return itertools.chain(list(itertools.islice(lines, 1)), lines)


def _write(file, line, name):
    # A model can generate any byte. Its output must stay one line.
    with naming(name):
        file.write(line.replace("\n", " ").replace("\r", " ").encode("utf-8") + b"\n")
        file.flush()


def read_parallel_lines(*paths):
    """Returns the lines of text files with the same number of lines, a list per file."""
    texts = []
    for path in paths:
        with opened_input(path) as (file, name):
            texts.append(list(decoded_lines(file, name)))
    for path, text in zip(paths, texts, strict=True):
        if len(text) != len(texts[0]):
            raise InputError(
                f"The files must have the same number of lines, but {paths[0]} has {len(texts[0])} and {path} has "
                f"{len(text)}."
            )
    if all(map(is_blank, texts[0])):
        raise InputError(f"{paths[0]}: the file is empty.")
    return texts
