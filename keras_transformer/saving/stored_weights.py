"""Lists the weights of a weights file without reading data that could fill the memory."""

import os
from typing import NamedTuple

import h5py
import numpy as np

# Maximum depth of the groups of a model: layers, block, attention, dense, vars.
_MOST_LEVELS = 8


class StoredWeight(NamedTuple):
    """A weight in a file.

    Args:
        shape: its shape.
        dtype: the name of its NumPy type, or "bfloat16" if Keras has stored such numbers in two bytes.
    """

    shape: tuple
    dtype: str


def stored_weights(path, most):
    """Lists the weights of a file in Keras's layout. Files with another layout are rejected.

    HDF5 supports links to other files, data sets of any size without storage, and compressed data. Keras writes none of
    them, and each can take any amount of memory or time.

    Args:
        path: path of the file.
        most: maximum number of groups and data sets.

    Returns:
        A dictionary from name, such as "layers/dense/vars/0", to `StoredWeight`.

    Raises:
        ValueError: the file has another layout.
        OSError: the file cannot be read, or is not an HDF5 file.
    """
    found, waiting, count = {}, [""], 0
    with h5py.File(path, locking=False) as file:  # `write_whole` holds its own lock.
        size = os.path.getsize(path)
        while waiting:
            name = waiting.pop()
            group = file[name] if name else file
            count += len(group)
            if count > most:
                raise ValueError(f"more than {most} groups and weights")
            for key in group:
                _check_link(group, key, name)
                item, path_of_item = group[key], f"{name}/{key}" if name else key
                if isinstance(item, h5py.Dataset):
                    found[path_of_item] = _checked(item, path_of_item, size)
                elif not isinstance(item, h5py.Group) or path_of_item.count("/") >= _MOST_LEVELS:
                    raise ValueError(f"{path_of_item[:80]} is not a weight")
                else:
                    waiting.append(path_of_item)
    return found


def stored_numbers(item):
    """Returns the numbers of a data set of floats as a float32 array."""
    numbers = item[...]
    if numbers.dtype.str == "|V2":  # bfloat16 has the first half of the bits of float32.
        return (numbers.view("uint16").astype("uint32") << 16).view("float32")
    with np.errstate(over="ignore"):  # A float64 number that is too large becomes infinite, which is refused.
        return numbers.astype("float32")


def _check_link(group, key, name):
    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise ValueError(f"{name}/{key} is a link")


def _checked(item, name, file_size):
    """Returns the weight after checking that its bytes are stored contiguously in the file."""
    properties, place = item.id.get_create_plist(), item.id.get_offset()
    is_plain = (
        item.shape is not None
        and properties.get_layout() == h5py.h5d.CONTIGUOUS
        and not properties.get_external_count()
        and not properties.get_nfilters()
        and place is not None
        and item.id.get_storage_size() == item.nbytes <= file_size - place
    )
    if not is_plain:
        raise ValueError(f"{name} is not stored as Keras stores a weight")
    # NumPy's representation of types that it does not support.
    return StoredWeight(item.shape, "bfloat16" if item.dtype.str == "|V2" else item.dtype.name)
