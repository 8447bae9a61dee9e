from keras_transformer.errors import check_installed


class ZstandardFrame:
    """Decompressor of a frame of a zstd file, with the interface of `bz2.BZ2Decompressor`.

    Raises:
        InputError: the package `zstandard` is not installed.
    """

    needs_input = True

    def __init__(self):
        check_installed("zstandard", extra="zstd")
        import zstandard  # noqa: PLC0415 (an optional dependency)

        self._error = zstandard.ZstdError
        # The largest window of the format, that of `zstd --long=31`. Memory is allocated as the frame needs it.
        self._frame = zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj()

    @property
    def eof(self):
        """Whether the frame has ended."""
        return self._frame.eof

    @property
    def unused_data(self):
        """The bytes after the end of the frame."""
        return self._frame.unused_data

    def decompress(self, packed, size):
        """Returns all decompressed bytes, ignoring `size`. Raises a ValueError if the data is damaged."""
        try:
            return self._frame.decompress(packed)
        except self._error as error:
            raise ValueError(str(error)) from None
