"""What a weights file holds, found out without reading what it could make of the memory."""

import os
from typing import NamedTuple

import h5py

# Groups of a model lie at most so deep: layers, block, attention, dense, vars.
_MOST_LEVELS = 8


class StoredWeight(NamedTuple):
    """A weight in a file.

    Args:
        shape: its shape.
        dtype: the name of its NumPy type; "bfloat16" where Keras has put such numbers into two bytes.
    """

    shape: tuple
    dtype: str


def stored_weights(path, most):
    """The weights of a file as Keras writes it; a file of any other layout is refused, whatever it refers to.

    HDF5 knows links to other files, data of any size that take no place in the file, and compressed data. Keras writes
    none of them, and each can cost any memory or time.

    Args:
        path: path of the file.
        most: the most groups and data sets that are looked at.

    Returns:
        A dictionary from name, such as "layers/dense/vars/0", to `StoredWeight`.

    Raises:
        ValueError: the file has another layout.
        OSError: it cannot be read, or is no HDF5.
    """
    found, waiting, count = {}, [""], 0
    with h5py.File(path, locking=False) as file:  # `write_whole` holds a lock of its own.
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
                    raise ValueError(f"{path_of_item[:80]} is no weight")
                else:
                    waiting.append(path_of_item)
    return found


def _check_link(group, key, name):
    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        raise ValueError(f"{name}/{key} is a link")


def _checked(item, name, file_size):
    """The weight, if its bytes lie in the file one behind the other."""
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
    # Such as NumPy writes what it has no type for.
    return StoredWeight(item.shape, "bfloat16" if item.dtype.str == "|V2" else item.dtype.name)
