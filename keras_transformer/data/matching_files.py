import glob
import os
import pathlib
import re
import stat

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import is_leftover

# Wildcards match any part of a name, and `**` matches any folders.
_WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])")
_MEANINGS = {"**/": "(.*/)?", "**": "(.*)", "*": "([^/]*)", "?": "([^/])"}


def matching_files(pattern: str | os.PathLike) -> list[pathlib.Path]:
    """Returns the files that match a path or a pattern, in the order of the texts that the wildcards match.

    Args:
        pattern: a path, or a pattern such as "corpus/part-*.ko", or "corpus/**/*.ko" for nested folders. With this
            order, the files of "*.ko" and of "*.en" are in the same order. Numbers in names need leading zeros:
            part-10 comes before part-2. Temporary files and folders of this library do not match.

    Returns:
        A list of paths. For a path, the list has the path itself, also if it does not exist.

    Raises:
        InputError: no file matches the pattern, a match is a link to a missing file, or a folder cannot be read.

    Example:

    >>> [path.name for path in kt.data.matching_files("validation.*")]
    ['validation.en', 'validation.ko']
    """
    path = pathlib.Path(pattern)
    # Names of folders and files can be such as "a[1]".
    if path.exists() or not glob.has_magic(str(pattern)):
        return [path]
    folder = pattern_folder(path)
    names = _matching_names(folder, path.relative_to(folder))
    _check_folders(folder, path.relative_to(folder).parts)
    paths = [folder / name for name in names if _is_file(folder / name)]
    if not paths:
        raise InputError(f"{pattern}: no file matches the pattern.")
    return sorted(paths, key=lambda path: (wildcard_parts(pattern, path), path))


def _matching_names(folder, pattern):
    names = glob.glob(str(pattern), root_dir=folder, recursive=True)
    return [name for name in names if not any(map(is_leftover, pathlib.PurePath(name).parts))]


def _check_folders(folder, parts):
    """Raises an `InputError` if a folder that a pattern searches cannot be read. `glob` skips such folders."""
    searched = {number for number, part in enumerate(parts) if glob.has_magic(part)}
    searched |= {number + 1 for number, part in enumerate(parts) if part == "**"}
    for number in searched:
        # With a separator at its end, a pattern matches only folders.
        for name in _matching_names(folder, os.path.join(".", *parts[:number], "")):
            try:
                os.scandir(folder / name).close()
            except FileNotFoundError:  # Removed since.
                continue
            except OSError as error:
                raise InputError(
                    f"{folder / name}: {error.strerror}. The pattern searches this folder: make it readable, or use a "
                    "narrower pattern."
                ) from None


def _is_file(path):
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        if path.is_symlink():
            raise InputError(f"{path}: the file that this link names does not exist.") from None
        return False  # Removed since.
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None


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
