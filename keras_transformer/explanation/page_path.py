import os
import pathlib

from keras_transformer.errors import InputError

_ENDINGS = (".html", ".htm")


def check_page_path(path: str | os.PathLike) -> pathlib.Path:
    """Returns the path of a page, a `pathlib.Path`.

    Raises:
        InputError: the page cannot be written there.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() not in _ENDINGS:
        raise InputError(f"{path}: expected a file name with one of the endings {', '.join(_ENDINGS)}.")
    if path.is_dir():
        raise InputError(f"{path}: expected a file to write, but it is a folder.")
    if not path.parent.is_dir():
        raise InputError(f"{path}: expected a file in an existing folder. Create {path.parent} first.")
    return path
