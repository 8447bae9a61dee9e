import glob
import pathlib
import re

from keras_transformer.errors import InputError

# What stands for any part of a name; `**` for any folders.
_WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])")
_MEANINGS = {"**/": "(.*/)?", "**": "(.*)", "*": "([^/]*)", "?": "([^/])"}


def matching_files(pattern):
    """The files that a path or a pattern names, in the order of what stands in place of its wildcards.

    Args:
        pattern: a path, or a pattern such as "corpus/part-*.ko", or "corpus/**/*.ko" for folders in folders. Ordered
            like this, the files of "*.ko" and of "*.en" have the same order. Numbers in names want zeros in front:
            part-10 comes before part-2.

    Returns:
        A list of paths; of a path, the path itself, whether or not it is there.

    Raises:
        InputError: no file matches the pattern.
    """
    path = pathlib.Path(pattern)
    # Folders and files may be called "a[1]".
    if path.exists() or not glob.has_magic(str(pattern)):
        return [path]
    folder = _folder_of(path)
    names = glob.glob(str(path.relative_to(folder)), root_dir=folder, recursive=True)
    paths = [folder / name for name in names if (folder / name).is_file()]
    if not paths:
        raise InputError(f"{pattern}: no file matches.")
    return sorted(paths, key=lambda path: (wildcard_parts(pattern, path), path))


def wildcard_parts(pattern, path):
    """What stands in a path in place of the wildcards of its pattern.

    Args:
        pattern: the pattern.
        path: one of its `matching_files`.

    Returns:
        A tuple of strings, one for each wildcard; empty where the pattern is a path.
    """
    folder = _folder_of(pathlib.Path(pattern))
    pieces = _WILDCARD.split(str(pathlib.Path(pattern).relative_to(folder)))
    expression = "".join(
        _MEANINGS.get(piece, f"({piece.replace('[!', '[^')})") if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    found = re.fullmatch(expression, str(pathlib.Path(path).relative_to(folder)), re.DOTALL)
    return tuple(part or "" for part in found.groups()) if found else ()


def _folder_of(path):
    """The folder, the nearest that is there, below which a pattern is one."""
    return next(parent for parent in path.parents if parent.exists())
