"""Reads the small files of a model folder safely, also if they were replaced by other files."""

import json
import os
import pathlib
import stat

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming

_MEBIBYTE = 2**20
# Maximum depth of nested lists and dictionaries. Functions that process them recursively support it.
_MOST_LEVELS = 100
MOST_BYTES = 16 * _MEBIBYTE
# For lists of the files of a corpus, with some hundred bytes for each file.
MOST_LIST_BYTES = 1 << 32


def read_small_file(path, most=MOST_BYTES, is_regular=True):
    """Returns the content of a file with a size limit.

    Args:
        path: path of the file. It can be a link.
        most: maximum size in bytes. Default 16 MiB.
        is_regular: whether it must be a regular file. Default True. With False, a pipe or a device is accepted.

    Raises:
        InputError: the path is not a file, or the file is too long.
        OSError: the file cannot be read.
    """
    # Opening a pipe would wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | (os.O_NONBLOCK if is_regular else 0))
    try:
        if is_regular and not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InputError(f"{path}: expected a regular file.")
        with open(descriptor, "rb", closefd=False) as file, naming(path):
            content = file.read(most + 1)
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise InputError(f"{path}: expected a file of at most {most // _MEBIBYTE} MiB, but it is longer.")
    return content


def check_regular(path):
    """Raises an `InputError` if a path is not a regular file. A pipe would wait for a writer."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise InputError(f"{path}: expected a regular file.")


def read_json(path, kind=dict, most=MOST_BYTES):
    """Returns the content of a JSON file.

    Args:
        path: path of the file.
        kind: expected type of the content. Default: a dictionary.
        most: maximum size in bytes. Default 16 MiB.

    Raises:
        InputError: the path is not a JSON file, or its content has another type or is nested in more than 100 levels.
        OSError: the file cannot be read.
    """
    path = pathlib.Path(path)
    try:
        content = json.loads(read_small_file(path, most).decode("utf-8"))
    except InputError:
        raise
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, kind) or _is_too_deep(content):
        raise InputError(f"{path}: the file is damaged.")
    return content


def _is_too_deep(content):
    level = [content]
    for _ in range(_MOST_LEVELS + 1):
        lists = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [item for items in lists for item in items]
    return bool(level)
