import bz2
import contextlib
import gzip
import io
import lzma

from keras_transformer.errors import check_installed

_BUFFER_BYTES = 1 << 20


@contextlib.contextmanager
def compressed_output(path, compression):
    """Yields a binary file for writing. The bytes on the disk depend only on the written bytes.

    Args:
        path: the file.
        compression: a result of `compression_of`: "gzip", "bzip2", "xz", "zstd" or None.

    Raises:
        InputError: the package for zstd is not installed.
        OSError: the file cannot be written.
    """
    with open(path, "wb") as raw:
        if compression is None:
            packed = contextlib.nullcontext(raw)
        elif compression == "gzip":  # Without the name and the time.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
        elif compression == "bzip2":
            packed = bz2.BZ2File(raw, "wb")
        elif compression == "xz":
            packed = lzma.LZMAFile(raw, "wb")  # noqa: SIM115 (closed below)
        else:
            check_installed("zstandard", extra="zstd")
            import zstandard  # noqa: PLC0415 (an optional dependency)

            packed = zstandard.ZstdCompressor().stream_writer(raw, closefd=False)
        with packed as file, io.BufferedWriter(_Kept(file), _BUFFER_BYTES) as buffered:
            yield buffered


class _Kept(io.RawIOBase):
    """A raw stream that writes to another file, which stays open."""

    def __init__(self, file):
        super().__init__()
        self._file = file

    def writable(self):
        return True

    def write(self, part):
        self._file.write(part)
        return len(part)
