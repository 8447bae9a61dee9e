"""Records the numbers of batches and pairs of a training. A resumed training need not count them again."""

from keras_transformer.data import DroppedPairs
from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import CHECKPOINTS_NAME
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json

BATCH_COUNTS_NAME = "batch_counts.json"


def keep_counts(counts, output):
    """Writes the `counts` of `RecipeBatches` next to the state of a training."""
    write_json(output / CHECKPOINTS_NAME / BATCH_COUNTS_NAME, counts)


def kept_counts(output):
    """Reads the `counts` of an interrupted training, or returns None if they were not recorded.

    Raises:
        InputError: the file is damaged.
    """
    path = output / CHECKPOINTS_NAME / BATCH_COUNTS_NAME
    if not path.is_file():
        return None
    try:
        counts = read_json(path)
        for split in ("train", "validation"):
            num_batches, padding, numbers, longest = counts[split]
            DroppedPairs(**numbers)
            if not (type(num_batches) is int and num_batches > 0 and type(padding) is float and type(longest) is int):
                raise ValueError(split)
    except (InputError, KeyError, TypeError, ValueError):
        raise InputError(f"{path}: the file is damaged. Remove it, and the batches are counted again.") from None
    return counts
