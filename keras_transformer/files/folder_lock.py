"""One writer at a time for a model folder: a lock that ends with its process, even when it is killed."""

import contextlib
import pathlib

import filelock

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import is_leftover, remove_unheld

CHECKPOINTS_NAME = "checkpoints"
LOCK_NAME = "lock"


@contextlib.contextmanager
def held_folder(path):
    """Holds a model folder for a training, so that no other one writes to it.

    The folder is made where it is missing. If nothing was written in the end, it is removed again.

    Args:
        path: the model folder.

    Raises:
        InputError: another process holds it.
    """
    checkpoints = pathlib.Path(path) / CHECKPOINTS_NAME
    made = [folder for folder in (checkpoints, *checkpoints.parents) if not folder.exists()]
    checkpoints.mkdir(parents=True, exist_ok=True)
    with _lock(path):
        # Of folders with such a name, those of exports for instance, nothing is known here.
        remove_unheld(file for file in pathlib.Path(path).rglob("*") if is_leftover(file) and not file.is_dir())
        try:
            yield
        finally:
            if made and [file.name for file in checkpoints.iterdir()] == [LOCK_NAME]:
                (checkpoints / LOCK_NAME).unlink()
                for folder in made:
                    with contextlib.suppress(OSError):  # Something else is in it.
                        folder.rmdir()


def lock_of_training(path):
    """Holds a folder in which a training writes or has written; a folder without one needs no lock.

    Args:
        path: the model folder.

    Returns:
        A context manager.

    Raises:
        InputError: a training holds it.
    """
    is_trained = (pathlib.Path(path) / CHECKPOINTS_NAME / LOCK_NAME).is_file()
    return _lock(path) if is_trained else contextlib.nullcontext()


@contextlib.contextmanager
def _lock(path):
    lock = filelock.FileLock(pathlib.Path(path) / CHECKPOINTS_NAME / LOCK_NAME, blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise InputError(f"{path}: another training writes to it; wait for its end, or stop it.") from None
    try:
        yield
    finally:
        lock.release()
