"""Records the training text that is not in memory. A resumed training need not read all of it again."""

import dataclasses

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import MOST_LIST_BYTES, read_json
from keras_transformer.files.whole_files import write_json

STREAMED_TEXT_NAME = "streamed_text.json"


@dataclasses.dataclass(frozen=True)
class StreamedText:
    """Facts of the training text of an interrupted training.

    Args:
        files: the rows of `TrainingText.files` of the training text.
        counts: `TrainingText.counts`.
        times: the time of the last change of each file, in nanoseconds.
    """

    files: list
    counts: list
    times: list

    def is_unchanged(self, named_files):
        """Returns whether files have the uses, sizes and times of change of this text.

        Args:
            named_files: a list of a use, such as "train source", and a path for each file.
        """
        found = [[use, path.stat().st_size] for use, path in named_files]
        return found == [[use, size] for use, _, size, _ in self.files] and times_of_files(named_files) == self.times


def times_of_files(named_files):
    """Returns the time of the last change of each file, in nanoseconds. See `StreamedText.is_unchanged`."""
    return [path.stat().st_mtime_ns for _, path in named_files]


def keep_streamed_text(text, path):
    """Writes a `StreamedText` next to the state of a training. `text` can be None."""
    if text is not None:
        write_json(path, dataclasses.asdict(text))


def read_streamed_text(path):
    """Reads the `StreamedText` of a training, or returns None if there is none.

    Raises:
        InputError: the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        text = StreamedText(**read_json(path, most=MOST_LIST_BYTES))
        is_whole = all(len(row) == 4 for row in text.files) and all(type(count) is int for count in text.counts)
    except (InputError, TypeError):
        is_whole = False
    if not is_whole:
        raise InputError(f"{path}: the file is damaged. Remove it, and the text is read again.")
    return text
