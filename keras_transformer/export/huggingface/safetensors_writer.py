import json
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_ITEM_BYTES = 4
_ALIGNMENT = 8


class LazyTensor(NamedTuple):
    """A tensor that is computed when it is written, so that memory does not hold all of them.

    Args:
        shape: its shape, a tuple.
        read: function without arguments that returns the float32 array.
    """

    shape: tuple
    read: Callable[[], np.ndarray]


def write_safetensors(path, tensors):
    """Writes a safetensors file of float32 tensors. `importing.SafetensorsFile` describes the format.

    Args:
        path: the file.
        tensors: a dictionary from names to `LazyTensor`.
    """
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        start, end = end, end + math.prod(tensor.shape) * _ITEM_BYTES
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, end]}
    encoded = json.dumps(header).encode("utf-8")
    encoded += b" " * (-len(encoded) % _ALIGNMENT)
    with open(path, "wb") as file:
        file.write(len(encoded).to_bytes(8, "little"))
        file.write(encoded)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor.read(), "<f4").data)
