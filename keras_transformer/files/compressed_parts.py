# One kilobyte of zstd expands to at most 33 MB, the upper bound of the memory.
_CHUNK_BYTES = 1 << 10


class CompressedParts:
    """Reads the decompressed bytes of a file of one or several compressed parts.

    Python's readers of bzip2 and xz end without an error if a part after the first is damaged.

    Args:
        file: the open binary file.
        new_part: class of the decompressor: `bz2.BZ2Decompressor`, `lzma.LZMADecompressor` or `ZstandardFrame`.
    """

    def __init__(self, file, new_part):
        self._file = file
        self._new_part = new_part
        self._part = None
        self._packed = b""
        self._plain = memoryview(b"")

    def read1(self, size):
        """Returns at most `size` decompressed bytes, and no bytes at the end.

        Raises:
            EOFError: the file ends within a part.
            OSError, ValueError, lzma.LZMAError: the file is damaged.
        """
        while not self._plain:
            if self._part is None or self._part.needs_input:
                self._packed = self._packed or self._file.read(_CHUNK_BYTES)
                if not self._packed:
                    if self._part is not None:
                        raise EOFError
                    return b""
            if self._part is None:
                # Zeros can be padding between parts.
                self._packed = self._packed.lstrip(b"\0")
                if not self._packed:
                    continue
                self._part = self._new_part()
            self._decompress(size)
        part, self._plain = self._plain[:size], self._plain[size:]
        return part

    def _decompress(self, size):
        packed, self._packed = self._packed, b""
        self._plain = memoryview(self._part.decompress(packed, size))
        if self._part.eof:
            self._packed, self._part = self._part.unused_data, None
