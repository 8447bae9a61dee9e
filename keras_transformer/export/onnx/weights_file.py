import numpy as np

WEIGHTS_NAME = "weights.bin"
# Alignment of onnxruntime's buffers.
_ALIGNMENT = 64


class WeightsFile:
    """The file of the weights of several graphs. A weight of the same name is stored once.

    Args:
        file: a binary file that is open for writing.
    """

    def __init__(self, file):
        self._file = file
        self._places = {}

    def place(self, name, array):
        """Writes an array unless one of this name was written. Returns its first byte and its number of bytes."""
        if name not in self._places:
            self._file.write(b"\0" * (-self._file.tell() % _ALIGNMENT))
            self._places[name] = self._file.tell(), array.nbytes
            self._file.write(np.ascontiguousarray(array, "<f4").data)
        return self._places[name]
