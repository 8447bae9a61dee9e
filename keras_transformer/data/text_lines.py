"""Lines of text files, checked while they are read. Every error is one line with the file and the line number."""

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from keras_transformer.errors import InputError
from keras_transformer.files.opened_text import compression_of, opened_text
from keras_transformer.text.blank import is_blank

_CHUNK_BYTES = 1 << 20
# Far above any sentence, so that a file without line ends does not fill the memory.
MOST_LINE_BYTES = 1 << 24


def checked_lines(
    path: str | os.PathLike, digest: Any = None, first: int = 0, with_text: set | None = None
) -> Iterator[str]:
    """Yields the lines of a text file, without line ends and byte order mark.

    Args:
        path: the file, plain or compressed, see `opened_text`.
        digest: a hash object that gets the bytes of the file, see `opened_text`. Default None.
        first: index of the first line. Earlier lines are neither decoded nor checked. Default 0.
        with_text: a set that gets the path if a line is not blank, for `check_some_text`. A file of blank lines is then
            no error. Default None.

    Raises:
        InputError: the file is missing, unreadable or damaged, or has only blank lines, or a line is not UTF-8, is
            longer than 16 MiB or has a carriage return in its middle.

    Example:

    >>> lines = list(kt.data.checked_lines("train.ko"))
    >>> lines[0]
    '나는 어제 카페에 갔다.'
    """
    blank = not first
    with opened_text(path, digest) as file:
        lines = decoded_lines(file, path, advice="; convert the file to UTF-8", first=first)
        for number, line in enumerate(lines, start=first + 1):
            if "\r" in line:
                raise InputError(f"{path}, line {number}: a carriage return within the line. Replace it by a space.")
            blank = blank and is_blank(line)
            yield line
    report_text(path, not blank, with_text)


def report_text(path, has_text, with_text):
    """Adds a path to `with_text` if its file has text. Without `with_text`, a file without text is an `InputError`."""
    if has_text and with_text is not None:
        with_text.add(path)
    elif not has_text and with_text is None:
        raise InputError(f"{path}: the file is empty.")


def check_some_text(paths, with_text):
    """Raises an `InputError` if no file of a pattern has text.

    Args:
        paths: the files.
        with_text: the set of those with text.
    """
    if with_text.isdisjoint(paths):
        raise InputError(f"{paths[0]}: the file is empty, and so are the other files of the pattern.")


def decoded_lines(
    file: BinaryIO, name: str | os.PathLike, advice: str = "", errors: str = "strict", first: int = 0
) -> Iterator[str]:
    """Yields the lines of a binary file as strings, without line ends and byte order mark. A line feed ends a line.

    Args:
        file: an open, buffered binary file.
        name: name of the file in messages.
        advice: end of the message about a line that is not UTF-8. Default: none.
        errors: see `bytes.decode`. Default "strict".
        first: index of the first line. Earlier lines are read without decoding. Default 0.

    Raises:
        InputError: the file cannot be read, or a line is not UTF-8 or longer than 16 MiB. The message has the file and
            the line number.

    Example:

    >>> with open("train.ko", "rb") as file:
    ...     lines = list(kt.data.decoded_lines(file, "train.ko"))
    >>> lines[0]
    '나는 어제 카페에 갔다.'
    """
    for number, line in enumerate(_raw_lines(file, name, first), start=first + 1):
        try:
            text = line.decode("utf-8", errors).rstrip("\r")
        except UnicodeDecodeError as error:
            if number == 1 and compression_of(line):
                advice = "; it is compressed, decompress it or give a file"
            raise InputError(
                f"{name}, line {number}: expected UTF-8, but byte {error.start + 1} of the line is "
                f"0x{line[error.start]:02x}{advice}."
            ) from None
        yield text.removeprefix("\ufeff") if number == 1 else text


def count_lines(path: str | os.PathLike, most: int) -> int:
    """Returns the number of lines of a text file, plain or compressed, or `most` if it has more."""
    with opened_text(path) as file:
        number, rest = _skipped(file, path, most)
        return number if number == most else number + bool(rest)


def _skipped(file, name, most):
    """Reads lines without decoding.

    Returns:
        The number of line feeds that were read, at most `most`, and the bytes that were read after the last of them.
    """
    number, rest = 0, b""
    while number < most and (chunk := _read(file, name)):
        count = chunk.count(b"\n")
        if number + count < most:
            number, rest = number + count, rest * (not count) + chunk.rpartition(b"\n")[2][-1:]
        else:
            number, rest = most, chunk.split(b"\n", most - number)[-1]
    return number, rest


def _raw_lines(file, name, first=0):
    """Yields the lines without line feeds."""
    number, rest = _skipped(file, name, first)
    if number < first:
        return
    *lines, rest = rest.split(b"\n")
    number += len(lines)
    yield from lines
    # The unfinished line. A compressed file is read in small pieces, and joining at each of them would take long.
    pieces, size = [rest], len(rest)
    while chunk := _read(file, name):
        lines = chunk.split(b"\n")
        pieces.append(lines[0])
        size += len(lines[0])
        if len(lines) > 1:
            lines[0] = b"".join(pieces)
            pieces = [lines.pop()]
            size = len(pieces[0])
            number += len(lines)
            yield from lines
        if size > MOST_LINE_BYTES:
            raise InputError(
                f"{name}, line {number + 1}: longer than {MOST_LINE_BYTES:,} bytes. Put one sentence on each line."
            )
    if size:
        yield b"".join(pieces)


def _read(file, name):
    try:
        return file.read1(_CHUNK_BYTES)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}.") from None
