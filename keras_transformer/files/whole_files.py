"""Files and folders that appear whole or not at all: they are written beside their place and then renamed.

What is not whole yet has a name that nobody can know before, is made only where nothing has that name, and is locked
until it is renamed. So a link that somebody put there is never followed, a link at the place itself is replaced by the
file, and what a killed process left is known by its lock, which nobody holds. Folders on the way to the place may be
links: they are the user's choice.
"""

import contextlib
import errno
import fcntl
import os
import pathlib
import re
import secrets
import shutil
import stat

from keras_transformer.files.strict_json import json_text
from keras_transformer.processes.command_process import removed_at_end

# How the name of a file or folder begins until it is whole.
UNFINISHED = "unfinished_"
# Names of today, and those that the first versions gave.
_LEFTOVER = re.compile(
    UNFINISHED
    + "([0-9a-f]{16}_.*|history.csv|state.npz|recipe.toml|config.json|scores.json|data.json|README.md|start.json"
    "|seconds.json|(tokenizer|source|target).model|(model|epoch_[0-9]+).weights.h5|candidates-[0-9]+.tsv"
    "|(validation|test).(source|target).txt)",
    re.DOTALL,
)
# Names have at most 255 bytes, characters up to four.
_LONGEST_ENDING = 40
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path, write):
    """Writes a file so that a kill at any moment leaves either the old one or the new one, never half of it.

    Args:
        path: path of the file; its folder is made where it is missing. Where it is a link, the link is replaced.
        write: called with the path of an empty file beside it, which is then renamed.

    Raises:
        OSError: it cannot be written, such as on a full disk; it names `path`, and nothing is left of the new file.
    """
    path = pathlib.Path(path)
    with naming(path), _written(path, write) as unfinished:
        os.replace(unfinished, path)


def write_together(folder, files, last, removed=()):
    """Writes files of a folder that belong together.

    A kill at any moment leaves all of the old files, all of the new ones, or no file `last`, without which the others
    must not be read: it is removed before the first of the others is replaced, and comes back after them.

    Args:
        folder: the folder; made where it is missing.
        files: dictionary from a name to what writes the file, called as by `write_whole`. All files are written, in
            this order, before any is replaced.
        last: one of the names.
        removed: names of further files, which are removed. Default: none.

    Raises:
        OSError: a file cannot be written, such as on a full disk; it names the file. The old ones are as they were.
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
    """Writes text in UTF-8, lines ending as they do in it, as `write_whole` writes a file."""
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8", newline=""))


def write_json(path, content, indent=None):
    """Writes what JSON can hold as `write_whole` writes a file; arguments as of `json_text`."""
    write_text(path, json_text(content, indent) + "\n")


@contextlib.contextmanager
def unfinished_folder(parent, name):
    """A new folder, to be renamed or emptied; in the end it is removed with what was not moved out of it.

    Args:
        parent: the folder in which it is made.
        name: what it will be called; a part of its unfinished name.
    """
    folder, descriptor = _made(pathlib.Path(parent), name, _open_new_folder)
    try:
        with removed_at_end(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def is_leftover(path):
    """Whether a name is one that is given to what is not whole yet; a user's own file is none, however it begins."""
    return _LEFTOVER.fullmatch(pathlib.Path(path).name) is not None


def remove_leftovers(folder):
    """Removes from a folder what killed processes left unfinished, not what a running one still writes.

    Args:
        folder: the folder, which may be missing.
    """
    with contextlib.suppress(OSError):
        remove_unheld(path for path in pathlib.Path(folder).iterdir() if is_leftover(path))


def remove_unheld(paths):
    """Removes files and folders on which no process holds a lock; links and what cannot be removed stay."""
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
    """Lets errors of the system name a file, also those that TensorFlow or HDF5 report in their own words.

    Args:
        path: the file, as the user knows it.
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
    """Whether an error of TensorFlow's, which calls it an exhausted resource, is a full disk's."""
    return _code_of_full_disk(error) is not None


def _code_of_full_disk(error):
    return next((code for code in _FULL if os.strerror(code) in str(error)), None)


@contextlib.contextmanager
def _written(path, write):
    """A file beside `path` that `write` has written; in the end it is removed where it was not renamed."""
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
    """A path in `parent` that was free, and the descriptor of what was made there, which holds its lock."""
    while True:
        path = parent / f"{UNFINISHED}{secrets.token_hex(8)}_{name[-_LONGEST_ENDING:]}"
        descriptor = make(path)
        with contextlib.suppress(OSError):  # There are file systems without locks.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # Another process took it for a leftover before it was locked.


def _open_new_file(path):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)


def _open_new_folder(path):
    path.mkdir()
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
