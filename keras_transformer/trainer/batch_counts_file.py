"""Records the numbers of batches and pairs of a training, so that a resumed training need not count them again."""

from keras_transformer.data import DroppedPairs
from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json

_NAME = "batch_counts.json"


def keep_counts(counts, output):
    """Writes the `counts` of `RecipeBatches` next to the state of a training."""
    write_json(output / CHECKPOINTS_NAME / _NAME, counts)


def kept_counts(output):
    """Reads the `counts` of an interrupted training, or returns None if they were not recorded.

    Raises:
        InputError: the file is damaged.
    """
    path = output / CHECKPOINTS_NAME / _NAME
    if not path.is_file():
        return None
    counts = read_json(path)
    try:
        for split in ("train", "validation"):
            num_batches, _, numbers, _ = counts[split]
            DroppedPairs(**numbers)
            is_whole = isinstance(num_batches, int) and num_batches > 0
    except (KeyError, TypeError, ValueError):
        is_whole = False
    if not is_whole:
        raise InputError(f"{path}: the file is damaged. Remove it, and the batches are counted again.")
    return counts
