"""Atomic writes of artifacts: they are written under a temporary name in the same folder and then renamed."""

import contextlib
import errno
import os
import pathlib

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming, remove_leftovers, unfinished_folder


@contextlib.contextmanager
def staged_folder(parent, artifact):
    """Yields a temporary folder in `parent`. It is removed at the end with all content that was not moved out of it.

    Its name is not a number, so TensorFlow Serving, which searches for new numbers every second, ignores it. Leftovers
    of killed exports in `parent` are removed.

    Args:
        parent: the folder. It is created if it is missing, and removed at the end if it is empty.
        artifact: path of the artifact, for errors.

    Raises:
        InputError: `parent` is not a writable folder.
        OSError: a file cannot be written, such as on a full disk.
    """
    parent = pathlib.Path(parent)
    made = [path for path in (parent, *parent.parents) if not path.exists()]
    with contextlib.ExitStack() as stack:
        stack.callback(_remove_empty, made)  # A failed export leaves nothing.
        try:
            parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(parent)
            folder = stack.enter_context(unfinished_folder(parent, artifact.name))
        except OSError as error:
            raise InputError(f"{parent}: expected a folder to write into ({error.strerror}).") from None
        with naming(artifact):
            yield folder


def check_writable(parent):
    """Raises an InputError if `staged_folder` cannot write to `parent`. Nothing is created."""
    parent = pathlib.Path(parent)
    found = next(folder for folder in (parent, *parent.absolute().parents) if folder.exists())
    if not found.is_dir() or not os.access(found, os.W_OK):
        reason = os.strerror(errno.EACCES if found.is_dir() else errno.ENOTDIR)
        raise InputError(f"{parent}: expected a folder to write into ({reason}).")


def check_new_folder(path):
    """Raises an InputError if `path` exists and would be overwritten."""
    if os.path.lexists(path) and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{path} exists already and is not overwritten. Choose another output, or remove it.")


def move_files(folder, destination):
    """Moves the files of a staged folder to another folder, and replaces files with the same names."""
    for file in sorted(folder.iterdir()):
        os.replace(file, destination / file.name)


def _remove_empty(folders):
    for folder in folders:
        with contextlib.suppress(OSError):  # The folder is not empty.
            folder.rmdir()
