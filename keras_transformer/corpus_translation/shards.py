"""Finds the shards of a corpus, and the paths of their translations."""

import dataclasses
import os
import pathlib

from keras_transformer.data.matching_files import matching_files, pattern_folder
from keras_transformer.errors import InputError

JOB_NAME = "_job.json"
LOCK_NAME = "_lock"
MANIFEST_NAME = "_manifest.json"
RECORDS_NAME = "_records"
SUCCESS_NAME = "_SUCCESS"
_NO_SHARDS = {JOB_NAME, LOCK_NAME, MANIFEST_NAME, RECORDS_NAME, SUCCESS_NAME}


@dataclasses.dataclass(frozen=True)
class Shard:
    """A file of a corpus.

    Args:
        name: its path relative to the folder of the pattern, and that of its translation relative to the output folder.
        source: its absolute path.
        size: its size in bytes.
    """

    name: str
    source: str
    size: int


def find_shards(pattern, output):
    """Returns the `Shard`s of a corpus in the order of `matching_files`.

    Files in the output folder, and the files that this command writes next to translations, are not shards.

    Args:
        pattern: a path or a pattern.
        output: the folder of the translations. It can be missing.

    Raises:
        InputError: no file matches, a path is not a regular file, or the translations would replace the corpus.
    """
    base = pattern_folder(pattern)
    if os.path.realpath(base) == os.path.realpath(output):
        raise InputError(f"{output}: the translations would replace the files of the corpus. Choose another folder.")
    shards = [_shard(path, base) for path in matching_files(pattern) if not _is_skipped(path, base, output)]
    if not shards:
        raise InputError(f"{pattern}: no file matches the pattern.")
    return shards


def _is_skipped(path, base, output):
    relative = path.relative_to(base)
    if not _NO_SHARDS.isdisjoint(relative.parts):
        return True
    return pathlib.Path(os.path.realpath(path)).is_relative_to(os.path.realpath(output))


def _shard(path, base):
    if path.is_dir():
        raise InputError(f"{path}: expected a file or a pattern, but it is a folder. Use the pattern '{path}/*'.")
    if not path.exists():
        raise InputError(f"{path}: the file does not exist.")
    if not path.is_file():
        raise InputError(f"{path}: expected a regular file.")
    return Shard(path.relative_to(base).as_posix(), os.path.abspath(path), path.stat().st_size)
