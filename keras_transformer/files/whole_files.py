"""Atomic writes of files and folders: they are written under a temporary name in the same folder and then renamed.

A temporary file or folder has an unpredictable name, is created only if the name is free, and is locked until it is
renamed. A link that another user created is therefore never followed. A link at the destination is replaced by the
file. Leftovers of killed processes are detected, because no process has their lock. Parent folders can be links.
"""

import contextlib
import errno
import os
import pathlib
import re
import secrets
import shutil
import stat

from keras_transformer.errors import NO_WINDOWS, MissingPackageError
from keras_transformer.files.strict_json import json_text
from keras_transformer.processes.command_process import removed_at_end

try:
    import fcntl
except ImportError:
    raise MissingPackageError(NO_WINDOWS) from None

# Prefix of the temporary names.
UNFINISHED = "unfinished_"
_LEFTOVER = re.compile(f"{UNFINISHED}[0-9a-f]{{16}}_.*", re.DOTALL)
# Names have at most 255 bytes, and characters have up to four bytes.
_LONGEST_ENDING = 40
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path, write):
    """Writes a file atomically: a kill at any moment leaves either the old file or the complete new file.

    Args:
        path: path of the file. Its folder is created if it is missing. A link at the path is replaced.
        write: function that is called with the path of an empty temporary file, which is then renamed.

    Raises:
        OSError: the file cannot be written, such as on a full disk. The error has `path`, and the temporary file is
            removed.
    """
    path = pathlib.Path(path)
    with naming(path), _written(path, write) as unfinished:
        os.replace(unfinished, path)


def write_together(folder, files, last, removed=()):
    """Writes files of a folder that belong together.

    A kill at any moment leaves all old files, all new files, or no file `last`. Readers must not read the other files
    without `last`. The file `last` is removed before the first other file is replaced, and written after all others.

    Args:
        folder: the folder. It is created if it is missing.
        files: dictionary from a name to a function that writes the file, see `write_whole`. All files are written, in
            this order, before the first is replaced.
        last: one of the names.
        removed: names of further files to remove. Default: none.

    Raises:
        OSError: a file cannot be written, such as on a full disk. The error has the file name. The old files are
            unchanged.
    """
    folder = pathlib.Path(folder)
    with contextlib.ExitStack() as stack:
        unfinished = {}
        for name, write in files.items():
            with naming(folder / name):
                unfinished[name] = stack.enter_context(_written(folder / name, write))
        with naming(folder / last):
            (folder / last).unlink(missing_ok=True)
        for name in removed:
            (folder / name).unlink(missing_ok=True)
        for name in [*(name for name in files if name != last), last]:
            with naming(folder / name):
                os.replace(unfinished[name], folder / name)


def write_text(path, text):
    """Writes text in UTF-8 atomically as `write_whole` does. Line ends are unchanged."""
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8", newline=""))


def write_json(path, content, indent=None):
    """Writes a JSON file atomically as `write_whole` does. The other arguments are those of `json_text`."""
    write_text(path, json_text(content, indent) + "\n")


@contextlib.contextmanager
def unfinished_folder(parent, name):
    """Creates a temporary folder. It is removed at the end with all content that was not moved out of it.

    Args:
        parent: the folder in which it is created.
        name: its final name, which is part of the temporary name.
    """
    folder, descriptor = _made(pathlib.Path(parent), name, _open_new_folder)
    try:
        with removed_at_end(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def is_leftover(path):
    """Returns whether a path has a temporary name. A user's file with the same prefix does not count."""
    return _LEFTOVER.fullmatch(pathlib.Path(path).name) is not None


def remove_leftovers(folder):
    """Removes temporary files and folders of killed processes. Those of running processes are kept.

    Args:
        folder: the folder. It can be missing.
    """
    with contextlib.suppress(OSError):
        remove_unheld(path for path in pathlib.Path(folder).iterdir() if is_leftover(path))


def remove_unheld(paths):
    """Removes files and folders that no process has locked. Links, and files that cannot be removed, are kept."""
    for path in paths:
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                kind = os.fstat(descriptor).st_mode
                if stat.S_ISDIR(kind):
                    shutil.rmtree(path)
                elif stat.S_ISREG(kind):
                    path.unlink()
            finally:
                os.close(descriptor)


@contextlib.contextmanager
def naming(path):
    """Adds a file name to system errors, also to those that TensorFlow or HDF5 report in other forms.

    Args:
        path: the file name for the user.
    """
    try:
        yield
    except OSError as error:
        code = error.errno or _code_of_full_disk(error)
        unknown = error.filename is None or UNFINISHED in str(error.filename)
        if code is None or not unknown:
            raise
        raise OSError(code, os.strerror(code), str(path)) from error
    except Exception as error:
        if (code := _code_of_full_disk(error)) is None:
            raise
        raise OSError(code, os.strerror(code), str(path)) from error


def is_full_disk(error):
    """Returns whether an error of TensorFlow means a full disk. TensorFlow reports it as an exhausted resource."""
    return _code_of_full_disk(error) is not None


def _code_of_full_disk(error):
    return next((code for code in _FULL if os.strerror(code) in str(error)), None)


@contextlib.contextmanager
def _written(path, write):
    """Yields a temporary file that `write` has written. It is removed at the end if it was not renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, descriptor = _made(path.parent, path.name, _open_new_file)
    try:
        with removed_at_end(unfinished):
            write(unfinished)
            yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)
        os.close(descriptor)


def _made(parent, name, make):
    """Creates a file or folder at a free path in `parent`. Returns the path and the descriptor with its lock."""
    while True:
        path = parent / f"{UNFINISHED}{secrets.token_hex(8)}_{name[-_LONGEST_ENDING:]}"
        descriptor = make(path)
        with contextlib.suppress(OSError):  # Some file systems have no locks.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # Another process removed it as a leftover before it was locked.


def _open_new_file(path):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)


def _open_new_folder(path):
    path.mkdir()
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
