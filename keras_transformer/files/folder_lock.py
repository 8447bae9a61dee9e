"""Lock of a model folder for one writer. The lock ends with its process, also when the process is killed."""

import contextlib
import pathlib

import filelock

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import is_leftover, remove_unheld

CHECKPOINTS_NAME = "checkpoints"
# State of an interrupted training, in the folder of the checkpoints.
STATE_NAME = "state.npz"
LOCK_NAME = "lock"


@contextlib.contextmanager
def held_folder(path):
    """Locks a model folder for a training. No other training can then write to it.

    The folder is created if it is missing. It is removed at the end if nothing was written.

    Args:
        path: the model folder.

    Raises:
        InputError: another process has the lock.
    """
    checkpoints = pathlib.Path(path) / CHECKPOINTS_NAME
    made = [folder for folder in (checkpoints, *checkpoints.parents) if not folder.exists()]
    checkpoints.mkdir(parents=True, exist_ok=True)
    with _lock(path):
        # Other folders with such a name, such as those of exports, are not touched.
        remove_unheld(file for file in pathlib.Path(path).rglob("*") if is_leftover(file) and not file.is_dir())
        try:
            yield
        finally:
            if made and [file.name for file in checkpoints.iterdir()] == [LOCK_NAME]:
                (checkpoints / LOCK_NAME).unlink()
                for folder in made:
                    with contextlib.suppress(OSError):  # The folder is not empty.
                        folder.rmdir()


def lock_of_training(path):
    """Locks a folder that a training writes or has written to. A folder without a training needs no lock.

    Args:
        path: the model folder.

    Returns:
        A context manager.

    Raises:
        InputError: a training has the lock.
    """
    is_trained = (pathlib.Path(path) / CHECKPOINTS_NAME / LOCK_NAME).is_file()
    return _lock(path) if is_trained else contextlib.nullcontext()


@contextlib.contextmanager
def _lock(path):
    lock = filelock.FileLock(pathlib.Path(path) / CHECKPOINTS_NAME / LOCK_NAME, blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise InputError(f"{path}: another training writes to this folder. Wait for its end, or stop it.") from None
    try:
        yield
    finally:
        lock.release()
