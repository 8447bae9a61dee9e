"""Opens text files, plain or compressed, as streams of plain bytes."""

import bz2
import contextlib
import functools
import gzip
import io
import lzma
import os
import re
import stat
import zlib
from collections.abc import Iterator
from typing import Any

from keras_transformer.errors import InputError
from keras_transformer.files.compressed_parts import CompressedParts
from keras_transformer.files.zstandard_frame import ZstandardFrame

_BUFFER_BYTES = 1 << 20
# First bytes of compressed files. They are not UTF-8 text, except bzip2's, which are too long to occur by chance.
_BEGINNINGS = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "bzip2": re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)"),  # The second is that of an empty file.
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),  # The second is a skippable frame.
}
_STREAMS = {
    "gzip": gzip.open,
    "bzip2": functools.partial(CompressedParts, new_part=bz2.BZ2Decompressor),
    "xz": functools.partial(CompressedParts, new_part=lzma.LZMADecompressor),
    "zstd": functools.partial(CompressedParts, new_part=ZstandardFrame),
}
# Archives of several files. Some of their bytes are valid text.
_ARCHIVES = {"ZIP": re.compile(rb"PK\x03\x04"), "tar": re.compile(rb".{257}ustar", re.DOTALL)}
_LONGEST_BEGINNING = 262


def compression_of(head):
    """Returns the compression of a file that begins with these bytes.

    The compression is detected by content, not by name. A plain text with the name `a.txt.gz` is read unchanged, and a
    compressed text with the name `a.txt` is decompressed.

    Args:
        head: the first bytes, at least ten if the file is long enough.

    Returns:
        "gzip", "bzip2", "xz" or "zstd", or None for other content.
    """
    return _first_match(_BEGINNINGS, head)


@contextlib.contextmanager
def opened_text(path: str | os.PathLike, digest: Any = None) -> Iterator[io.BufferedReader]:
    """Opens the text file at `path` and decompresses gzip, bzip2, xz and zstd.

    Args:
        path: the file. Several successive compressed parts are read as one text.
        digest: a hash object of `hashlib`. It is updated with all bytes of the file as they are on the disk if the text
            is read to its end. Default None.

    Yields:
        A buffered binary file of the plain text. Only a small part of it is in memory.

    Raises:
        InputError: the file is missing or unreadable, is an archive of several files, or needs a package that is not
            installed. While reading, it is raised if the file is damaged or truncated.

    Example:

    >>> with kt.data.opened_text("train.en.gz") as file:
    ...     lines = list(kt.data.decoded_lines(file, "train.en.gz"))
    >>> lines[0]
    'I went to the cafe yesterday.'
    """
    with contextlib.ExitStack() as opened:
        try:
            raw = open(path, "rb", buffering=0)  # noqa: SIM115 (closed with its buffer)
            raw = raw if digest is None else _Hashed(raw, digest)
            file = opened.enter_context(_buffered(raw))
            compression = compression_of(file.peek(_LONGEST_BEGINNING))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}.") from None
        if compression:
            where = f"{path}: the file is compressed ({compression})"
            file = opened.enter_context(_buffered(_Decompressed(compression, file, where)))
        archive = _first_match(_ARCHIVES, file.peek(_LONGEST_BEGINNING))
        if archive:
            raise InputError(f"{path}: expected a text file, but this is a {archive} archive. Unpack it.")
        yield file
        while digest is not None and raw.read(_BUFFER_BYTES):  # Bytes after the end of a compressed text.
            pass


def plain_size(file: io.BufferedReader) -> int | None:
    """Returns the size of the opened text in bytes, or None if it is compressed or a pipe."""
    if isinstance(file.raw.raw, _Decompressed):
        return None
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _buffered(raw):
    return io.BufferedReader(_WithWholeBeginning(raw), _BUFFER_BYTES)


class _Wrapped(io.RawIOBase):
    """A raw stream that reads from another stream and closes it."""

    def __init__(self, raw):
        super().__init__()
        self.raw = raw

    def readable(self):
        return True

    def fileno(self):
        return self.raw.fileno()

    def close(self):
        self.raw.close()
        super().close()


class _Hashed(_Wrapped):
    """A raw stream that updates a hash with the bytes that are read."""

    def __init__(self, raw, digest):
        super().__init__(raw)
        self._digest = digest

    def readinto(self, buffer):
        length = self.raw.readinto(buffer)
        self._digest.update(memoryview(buffer)[:length])
        return length


class _WithWholeBeginning(_Wrapped):
    """A raw stream whose first read returns enough bytes to detect the compression. A pipe can return a single byte.

    None of the searched beginnings has a line feed. Reading stops at the first line feed, so a line that is written to
    a pipe is processed at once.
    """

    def __init__(self, raw):
        super().__init__(raw)
        self._is_begun = False

    def readinto(self, buffer):
        length = self.raw.readinto(buffer)
        if self._is_begun:
            return length
        self._is_begun = True
        view, part = memoryview(buffer), length
        while part and length < min(_LONGEST_BEGINNING, len(view)) and b"\n" not in bytes(view[:length]):
            part = self.raw.readinto(view[length:])
            length += part or 0
        return length


class _Decompressed(_Wrapped):
    """The decompressed bytes of a compressed file. Damage is reported as an error with the name of the file."""

    def __init__(self, compression, file, where):
        super().__init__(file)
        self._where = where
        self._stream = _STREAMS[compression](file)

    def readinto(self, buffer):
        try:
            part = self._stream.read1(len(buffer))
        except EOFError:
            raise InputError(f"{self._where}, but its end is missing. Get the file again.") from None
        except InputError as error:  # A package is missing.
            raise InputError(f"{self._where}; {error}") from None
        except (OSError, ValueError, lzma.LZMAError, zlib.error) as error:
            raise InputError(f"{self._where}, but damaged ({error}). Get the file again.") from None
        buffer[: len(part)] = part
        return len(part)


def _first_match(patterns, head):
    return next((name for name, pattern in patterns.items() if pattern.match(head)), None)
