import math
from typing import NamedTuple

import numpy as np

# Name of a type in a safetensors file: NumPy's type. bfloat16, the upper half of a float32, is read as an integer.
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
# Maximum number of dimensions, as in NumPy. Both limits bound the time to multiply the numbers of a shape.
_MOST_DIMENSIONS = 64
_MOST = 2**63


def checked_shape(numbers):
    """Returns the shape of a tensor in a file, a tuple.

    Args:
        numbers: a list or tuple.

    Raises:
        ValueError: it has more than 64 dimensions, or one is not a whole number from 0 to 2**63 - 1.
    """
    if not isinstance(numbers, (list, tuple)) or len(numbers) > _MOST_DIMENSIONS:
        raise ValueError("not a shape")
    return tuple(map(checked_whole, numbers))


def checked_whole(number):
    """Returns a whole number of a file.

    Raises:
        ValueError: it is not a whole number from 0 to 2**63 - 1.
    """
    if type(number) is not int or not 0 <= number < _MOST:
        raise ValueError("not a whole number")
    return number


class StoredTensor(NamedTuple):
    """A contiguous tensor in a file.

    Args:
        kind: one of `FLOATS`, or the name of another type, which cannot be read.
        shape: its shape, a tuple.
        start: position of its first byte in the file.
    """

    kind: str
    shape: tuple
    start: int

    @property
    def num_bytes(self):
        """Size in bytes, for a type of `FLOATS`."""
        return math.prod(self.shape) * np.dtype(FLOATS[self.kind]).itemsize

    def read(self, file, rows=None):
        """Reads the tensor as float32.

        Args:
            file: the open binary file.
            rows: a `slice` of the first axis with start and stop. Default None: the whole tensor.

        Returns:
            NumPy array, float32.

        Raises:
            ValueError: the tensor has another type, a number is not finite, or the file is shorter.
        """
        if self.kind not in FLOATS:
            raise ValueError(f"expected a tensor of one of the types {', '.join(FLOATS)}. Received: {self.kind}")
        shape, start = self.shape, self.start
        width = math.prod(shape[1:])
        dtype = np.dtype(FLOATS[self.kind])
        if rows is not None:
            start += rows.start * width * dtype.itemsize
            shape = (rows.stop - rows.start, *shape[1:])
        file.seek(start)
        numbers = np.fromfile(file, dtype, math.prod(shape))
        if self.kind == "BF16":
            numbers = (numbers.astype("<u4") << 16).view("<f4")
        with np.errstate(over="ignore"):  # An infinite number is an error below.
            numbers = numbers.astype("float32", copy=False).reshape(shape)
        if not np.isfinite(numbers).all():
            raise ValueError("expected finite numbers. Received: NaN or infinity")
        return numbers
