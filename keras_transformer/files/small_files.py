"""Reading the small files of a model folder, whatever somebody has put in their place."""

import json
import os
import pathlib
import stat

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming

_MEBIBYTE = 2**20
MOST_BYTES = 16 * _MEBIBYTE


def read_small_file(path, most=MOST_BYTES, is_regular=True):
    """The content of a file, which is not read further than it may be long.

    Args:
        path: path of the file; it may be a link.
        most: the most bytes that it may have. Default 16 MiB.
        is_regular: whether it must be a regular file. Default True; otherwise a pipe or a device will do.

    Raises:
        InputError: it is something else than a file, or is too long.
        OSError: it cannot be read.
    """
    # To open a pipe would wait until somebody writes to it.
    descriptor = os.open(path, os.O_RDONLY | (os.O_NONBLOCK if is_regular else 0))
    try:
        if is_regular and not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InputError(f"{path}: expected a file, but it is something else.")
        with open(descriptor, "rb", closefd=False) as file, naming(path):
            content = file.read(most + 1)
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise InputError(f"{path}: expected a file of at most {most // _MEBIBYTE} MiB, but it is longer.")
    return content


def read_json(path, kind=dict):
    """The content of a JSON file.

    Args:
        path: path of the file.
        kind: the type that it must have. Default: a dictionary.

    Raises:
        InputError: it is no such file, or holds something else.
        OSError: it cannot be read.
    """
    path = pathlib.Path(path)
    try:
        content = json.loads(read_small_file(path).decode("utf-8"))
    except InputError:
        raise
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, kind):
        raise InputError(f"{path}: the file is damaged.")
    return content
