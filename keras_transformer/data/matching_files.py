import glob
import os
import pathlib
import re

from keras_transformer.errors import InputError

# Wildcards match any part of a name, and `**` matches any folders.
_WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])")
_MEANINGS = {"**/": "(.*/)?", "**": "(.*)", "*": "([^/]*)", "?": "([^/])"}


def matching_files(pattern: str | os.PathLike) -> list[pathlib.Path]:
    """Returns the files that match a path or a pattern, in the order of the texts that the wildcards match.

    Args:
        pattern: a path, or a pattern such as "corpus/part-*.ko", or "corpus/**/*.ko" for nested folders. With this
            order, the files of "*.ko" and of "*.en" are in the same order. Numbers in names need leading zeros:
            part-10 comes before part-2.

    Returns:
        A list of paths. For a path, the list has the path itself, also if it does not exist.

    Raises:
        InputError: no file matches the pattern.
    """
    path = pathlib.Path(pattern)
    # Names of folders and files can be such as "a[1]".
    if path.exists() or not glob.has_magic(str(pattern)):
        return [path]
    folder = pattern_folder(path)
    names = glob.glob(str(path.relative_to(folder)), root_dir=folder, recursive=True)
    paths = [folder / name for name in names if (folder / name).is_file()]
    if not paths:
        raise InputError(f"{pattern}: no file matches the pattern.")
    return sorted(paths, key=lambda path: (wildcard_parts(pattern, path), path))


def wildcard_parts(pattern, path):
    """Returns the texts of a path that the wildcards of its pattern match.

    Args:
        pattern: the pattern.
        path: one of its `matching_files`.

    Returns:
        A tuple of strings, one per wildcard. It is empty if the pattern is a path.
    """
    folder = pattern_folder(pattern)
    pieces = _WILDCARD.split(str(pathlib.Path(pattern).relative_to(folder)))
    expression = "".join(
        _MEANINGS.get(piece, f"({piece.replace('[!', '[^')})") if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    found = re.fullmatch(expression, str(pathlib.Path(path).relative_to(folder)), re.DOTALL)
    return tuple(part or "" for part in found.groups()) if found else ()


def pattern_folder(pattern: str | os.PathLike) -> pathlib.Path:
    """Returns the deepest existing folder above the first wildcard of a pattern, or the folder of a path."""
    path = pathlib.Path(pattern)
    return next(parent for parent in path.parents if parent.exists())
