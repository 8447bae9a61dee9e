import contextlib
import itertools
import json
import math
import os

from keras_transformer.errors import InputError, short_repr
from keras_transformer.importing.stored_tensor import StoredTensor, checked_shape
from keras_transformer.importing.tensor_file import TensorFile

# Maximum size of the header. That of a model of 1,000 tensors has about 100 KB.
_MOST_HEADER_BYTES = 16 * 2**20
_MOST_DIGITS = 20
_ITEM_BYTES = {
    **{"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "BOOL": 1},
    **{"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1},
}


class SafetensorsFile(TensorFile):
    """Reads tensors of a safetensors file one at a time, so that memory holds one tensor.

    The file has the length of the header (8 bytes, little-endian), the header in JSON, and the bytes of all tensors.
    The package `safetensors` maps the whole file into memory, and these pages count as memory of the process.

    Args:
        path: the file.

    Attributes:
        tensors: the `StoredTensor` of each name.

    Raises:
        InputError: the file is cut or damaged.
    """

    def _find_tensors(self):
        try:
            return _tensors(self.path)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{self.path}: expected a safetensors file, but {error}.") from None


def _tensors(path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_MOST_HEADER_BYTES, size - 8):
            raise ValueError("its header is cut or damaged")
        header = file.read(length)
    try:
        entries = json.loads(header.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_int=_whole)
    except (ValueError, RecursionError):
        raise ValueError("its header is damaged") from None
    if not isinstance(entries, dict):
        raise ValueError("its header is damaged")
    entries.pop("__metadata__", None)
    found, ranges = {}, []
    for name, entry in entries.items():
        tensor, start, end = _checked(name, entry)
        found[name] = tensor._replace(start=8 + length + start)
        ranges.append((start, end))
    ranges.sort()
    last = max((end for _, end in ranges), default=0)
    if last != size - 8 - length:
        raise ValueError(f"its tensors need {8 + length + last:,} bytes and the file has {size:,}")
    if any(first[1] != second[0] for first, second in itertools.pairwise([(0, 0), *ranges])):
        raise ValueError("its tensors overlap or have gaps")
    return found


def _checked(name, entry):
    """Returns the `StoredTensor` of an entry, and its first and last position in the data."""
    if isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"}:
        kind = entry["dtype"]
        with contextlib.suppress(ValueError):
            shape, offsets = checked_shape(entry["shape"]), checked_shape(entry["data_offsets"])
            size = math.prod(shape) * _ITEM_BYTES[kind] if kind in list(_ITEM_BYTES) else None
            if len(offsets) == 2 and offsets[1] - offsets[0] == size:
                return StoredTensor(kind, shape, 0), *offsets
    raise ValueError(f"the entry of {short_repr(name)} is damaged")


def _whole(digits):
    """Returns a whole number of the header. The time of `int` grows with the square of the number of digits."""
    if len(digits) > _MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _without_duplicates(pairs):
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise ValueError("a name is given twice")
    return entries
