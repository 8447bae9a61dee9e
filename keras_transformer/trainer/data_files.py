"""Records the files of a training with its state. The training can only be resumed with the same text."""

import itertools

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import MOST_LIST_BYTES, read_json
from keras_transformer.files.whole_files import write_json

DATA_FILES_NAME = "data.json"
# Rows of a use of files in the model card.
_MOST_ROWS = 20


def keep_data_files(files, path):
    """Writes the list of files of a `TrainingText` next to the state of a training."""
    write_json(path, files, indent=1)


def check_same_data_files(files, path):
    """Raises an `InputError` if the files or their contents differ from the recorded list."""
    if not path.is_file():
        return
    before = read_json(path, list, most=MOST_LIST_BYTES)
    if not all(isinstance(file, list) and len(file) == 4 for file in before):
        raise InputError(f"{path}: the file is damaged.")
    for file, other in itertools.zip_longest(files, before):
        # Files can have been renamed. The order of several files matters.
        if not (file and other and [file[0], *file[2:]] == [other[0], *other[2:]]):
            use, name, *_ = file or other
            raise InputError(
                f"[data]: {name} ({use}) is not the text of the interrupted training. Resume with the same text."
            )


def rows_of_files(files):
    """Returns the rows of use, name, size and hash for a model card.

    A use with more than 20 files, such as "train source", has 20 rows and a row of the number and the size of all.

    Args:
        files: `TrainingText.files`.
    """
    rows = []
    for use, group in itertools.groupby(files, key=lambda file: file[0]):
        group = list(group)
        rows += [(use, name, f"{size:,}", f"`{digest}`") for _, name, size, digest in group[:_MOST_ROWS]]
        if len(group) > _MOST_ROWS:
            rows.append((use, f"all {len(group):,} files", f"{sum(size for _, _, size, _ in group):,}", ""))
    return rows
