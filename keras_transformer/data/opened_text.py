"""Text files, plain or compressed, opened as streams of plain bytes."""

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

from keras_transformer.data.compressed_parts import CompressedParts
from keras_transformer.data.zstandard_frame import ZstandardFrame
from keras_transformer.errors import InputError

_BUFFER_BYTES = 1 << 20
# How a compressed file begins. None of it is UTF-8 text, except for bzip2's, which is too long to be there by chance.
_BEGINNINGS = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "bzip2": re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)"),  # The second is an empty file's.
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),  # The second is a frame to be skipped.
}
_STREAMS = {
    "gzip": gzip.open,
    "bzip2": functools.partial(CompressedParts, new_part=bz2.BZ2Decompressor),
    "xz": functools.partial(CompressedParts, new_part=lzma.LZMADecompressor),
    "zstd": functools.partial(CompressedParts, new_part=ZstandardFrame),
}
# Archives of several files, some of whose bytes pass for text.
_ARCHIVES = {"ZIP": re.compile(rb"PK\x03\x04"), "tar": re.compile(rb".{257}ustar", re.DOTALL)}
_LONGEST_BEGINNING = 262


def compression_of(head):
    """The kind of compression of a file that begins with these bytes.

    The content decides and not the name: a plain text with the name `a.txt.gz` is read as it is, and a compressed one
    with the name `a.txt` is decompressed.

    Args:
        head: the first bytes, ten or more where there are as many.

    Returns:
        "gzip", "bzip2", "xz" or "zstd"; None for anything else.
    """
    return _first_match(_BEGINNINGS, head)


@contextlib.contextmanager
def opened_text(path, digest=None):
    """The text file at `path`, decompressed where it is compressed: gzip, bzip2, xz and zstd.

    Args:
        path: the file. Several compressed parts, one after the other, are read as one text.
        digest: a hash object of `hashlib`, which gets all bytes of the file as they are on the disk, if the text is
            read to its end. Default None.

    Yields:
        A buffered binary file of the plain text; memory holds a small part of it.

    Raises:
        InputError: the file is missing or unreadable, is an archive of several files, or needs a package that is not
            installed; or, while it is read, it is damaged or truncated.

    Example:

    >>> with opened_text("train.en.gz") as file:
    ...     lines = list(decoded_lines(file, "train.en.gz"))
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
            raise InputError(f"{path}: expected a text file, but this is a {archive} archive; unpack it.")
        yield file
        while digest is not None and raw.read(_BUFFER_BYTES):  # What follows the end of a compressed text.
            pass


def plain_size(file):
    """The number of bytes of what `opened_text` gave; None of a compressed file or a pipe, of which it is not known."""
    if isinstance(file.raw.raw, _Decompressed):
        return None
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _buffered(raw):
    return io.BufferedReader(_WithWholeBeginning(raw), _BUFFER_BYTES)


class _Hashed(io.RawIOBase):
    """A raw stream that adds what is read to a hash."""

    def __init__(self, raw, digest):
        super().__init__()
        self._raw, self._digest = raw, digest

    def readable(self):
        return True

    def fileno(self):
        return self._raw.fileno()

    def close(self):
        self._raw.close()
        super().close()

    def readinto(self, buffer):
        length = self._raw.readinto(buffer)
        self._digest.update(memoryview(buffer)[:length])
        return length


class _WithWholeBeginning(io.RawIOBase):
    """A raw stream whose first read gives as much as shows what it is; a pipe may give a single byte.

    No beginning that is looked for holds a line feed, so that somebody who writes line by line into a pipe is answered
    after the first line.
    """

    def __init__(self, raw):
        super().__init__()
        self.raw = raw
        self._is_begun = False

    def readable(self):
        return True

    def fileno(self):
        return self.raw.fileno()

    def close(self):
        self.raw.close()
        super().close()

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


class _Decompressed(io.RawIOBase):
    """The plain bytes of a compressed file, whose damages are errors that name it."""

    def __init__(self, compression, file, where):
        super().__init__()
        self._file = file
        self._where = where
        self._stream = _STREAMS[compression](file)

    def readable(self):
        return True

    def fileno(self):
        return self._file.fileno()

    def readinto(self, buffer):
        try:
            part = self._stream.read1(len(buffer))
        except EOFError:
            raise InputError(f"{self._where}, but its end is missing; get it anew.") from None
        except InputError as error:  # A package is missing.
            raise InputError(f"{self._where}; {error}") from None
        except (OSError, ValueError, lzma.LZMAError, zlib.error) as error:
            raise InputError(f"{self._where}, but damaged ({error}); get it anew.") from None
        buffer[: len(part)] = part
        return len(part)


def _first_match(patterns, head):
    return next((name for name, pattern in patterns.items() if pattern.match(head)), None)
