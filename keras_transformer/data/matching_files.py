import glob
import pathlib

from keras_transformer.errors import InputError


def matching_files(pattern):
    """The files that a path or a pattern names, in the order of their names.

    Args:
        pattern: a path, or a pattern such as "corpus/part-*.ko". Numbers in names want zeros in front: part-10 comes
            before part-2.

    Returns:
        A list of paths; of a path, the path itself, whether or not it is there.

    Raises:
        InputError: no file matches the pattern.
    """
    path = pathlib.Path(pattern)
    # Folders and files may be called "a[1]".
    if path.exists() or not glob.has_magic(str(pattern)):
        return [path]
    folder = next(parent for parent in path.parents if parent.exists())
    names = sorted(glob.glob(str(path.relative_to(folder)), root_dir=folder))
    paths = [folder / name for name in names if (folder / name).is_file()]
    if not paths:
        raise InputError(f"{pattern}: no file matches.")
    return paths
