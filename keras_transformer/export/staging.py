"""Artifacts appear complete or not at all: they are written beside their place under another name, then renamed."""

import contextlib
import os
import pathlib

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming, remove_leftovers, unfinished_folder


@contextlib.contextmanager
def staged_folder(parent, artifact):
    """A new folder in `parent`, which is removed in the end with what was not moved out of it.

    Its name is no number, so that TensorFlow Serving, which looks for new numbers every second, passes over it. What
    exports that were killed left in `parent` is removed.

    Args:
        parent: the folder; made where it is missing, and removed again if nothing was put into it.
        artifact: path of what is written; errors name it.

    Raises:
        InputError: `parent` is no folder to write into.
        OSError: something cannot be written, such as on a full disk.
    """
    parent = pathlib.Path(parent)
    made = [path for path in (parent, *parent.parents) if not path.exists()]
    with contextlib.ExitStack() as stack:
        stack.callback(_remove_empty, made)  # Where an export fails, nothing is left of it.
        try:
            parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(parent)
            folder = stack.enter_context(unfinished_folder(parent, artifact.name))
        except OSError as error:
            raise InputError(f"{parent}: expected a folder to write into ({error.strerror}).") from None
        with naming(artifact):
            yield folder


def check_new_folder(path):
    """Raises an InputError where something is at `path` that an artifact would overwrite."""
    if os.path.lexists(path) and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{path} exists already and is not overwritten; choose another output, or remove it.")


def move_files(folder, destination):
    """Moves the files of a staged folder into another one, each replacing what has its name there."""
    for file in sorted(folder.iterdir()):
        os.replace(file, destination / file.name)


def _remove_empty(folders):
    for folder in folders:
        with contextlib.suppress(OSError):  # Something is in it.
            folder.rmdir()
