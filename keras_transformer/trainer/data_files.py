"""Which files a training reads, and what identifies their content."""

import hashlib
import itertools

from keras_transformer.data import matching_files
from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json


def data_files(data):
    """The files of a `[data]` section.

    Args:
        data: the section.

    Returns:
        A list of `[use, name, bytes, SHA-256]`, such as `["train source", "train.ko", 1024, "..."]`; empty for the
        embedded corpus.
    """
    files = []
    for split in ("train", "validation"):
        for side in ("source", "target", "pairs"):
            pattern = getattr(data, f"{split}_{side}")
            for path in matching_files(pattern) if pattern else []:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                files.append([f"{split} {side}", path.name, path.stat().st_size, digest])
    return files


def keep_data_files(files, path):
    """Notes the files beside the state of a training."""
    write_json(path, files, indent=1)


def check_same_data_files(files, path):
    """Raises an `InputError` where the files are others than those that were noted, or their content is."""
    if not path.is_file():
        return
    before = read_json(path, list)
    if not all(isinstance(file, list) and len(file) == 4 for file in before):
        raise InputError(f"{path}: the file is damaged.")
    for file, other in itertools.zip_longest(files, before):
        # A file may have been renamed; the order of several matters.
        if not (file and other and [file[0], *file[2:]] == [other[0], *other[2:]]):
            use, name, *_ = file or other
            raise InputError(
                f"[data]: {name} ({use}) is not what the interrupted training read; resume with the same text."
            )
