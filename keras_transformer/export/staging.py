"""Artifacts appear complete or not at all: they are written beside their place under another name, then renamed."""

import contextlib
import os
import pathlib
import shutil
import tempfile

from keras_transformer.command_process import removed_at_end
from keras_transformer.errors import InputError


@contextlib.contextmanager
def staged_folder(parent):
    """A new folder in `parent`, which is removed in the end with what was not moved out of it.

    Its name is no number, so that TensorFlow Serving, which looks for new numbers every second, passes over it.
    """
    parent = pathlib.Path(parent)
    made = [path for path in (parent, *parent.parents) if not path.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="unfinished_", dir=parent))
    except OSError as error:
        raise InputError(f"{parent}: expected a folder to write into ({error.strerror}).") from None
    folder.chmod(0o755)  # A server often runs as another user.
    try:
        with removed_at_end(made[-1] if made else folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for path in made:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()  # Where an export fails, nothing is left of it.


def check_new_folder(path):
    """Raises an InputError where something is at `path` that an artifact would overwrite."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{path} exists already and is not overwritten; choose another output, or remove it.")


def move_files(folder, destination):
    """Moves the files of a staged folder into another one, each replacing what has its name there."""
    for file in sorted(folder.iterdir()):
        os.replace(file, destination / file.name)
