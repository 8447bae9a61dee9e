import glob
import pathlib

from keras_transformer.errors import InputError


def matching_files(pattern):
    """The files that a path or a pattern names, in the order of their names.

    Args:
        pattern: a path, or a pattern such as "corpus/part-*.ko".

    Returns:
        A list of paths; of a path, the path itself, whether or not it is there.

    Raises:
        InputError: no file matches the pattern.
    """
    pattern = str(pattern)
    # A file may be called "a[1].txt".
    if pathlib.Path(pattern).exists() or not glob.has_magic(pattern):
        return [pathlib.Path(pattern)]
    paths = sorted(path for path in map(pathlib.Path, glob.glob(pattern, recursive=True)) if path.is_file())
    if not paths:
        raise InputError(f"{pattern}: no file matches.")
    return paths
