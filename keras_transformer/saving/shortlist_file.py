"""The shortlist of a model folder, a NumPy array in the format `.npy`. It is not pickled."""

import io
import pathlib

import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_small_file
from keras_transformer.files.whole_files import write_whole
from keras_transformer.generation.shortlist import Shortlist
from keras_transformer.saving.model_files import SHORTLIST_NAME

MOST_BYTES = 256 * 2**20


def save_shortlist(path, shortlist):
    """Writes the shortlist of a model folder.

    The array is int32. Its first rows are the candidates of the source tokens. The rows after them are the frequent
    tokens, padded with 0.

    Args:
        path: the model folder.
        shortlist: the `Shortlist`.
    """
    width = shortlist.candidates.shape[1]
    frequent = np.append(shortlist.frequent, np.zeros(-len(shortlist.frequent) % width, "int32"))
    rows = np.concatenate([shortlist.candidates, frequent.reshape(-1, width)]).astype("<i4")
    content = io.BytesIO()
    np.lib.format.write_array(content, rows, version=(1, 0), allow_pickle=False)
    write_whole(pathlib.Path(path) / SHORTLIST_NAME, lambda file: file.write_bytes(content.getvalue()))


def load_shortlist(path, config):
    """Reads the shortlist of a model folder.

    Args:
        path: the model folder.
        config: the `TransformerConfig` of the model.

    Returns:
        A `Shortlist`, or None if the folder has none.

    Raises:
        InputError: the file is damaged, or belongs to another vocabulary.
    """
    file = pathlib.Path(path) / SHORTLIST_NAME
    if not file.exists():
        return None
    content = read_small_file(file, MOST_BYTES)
    stream = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("expected version 1.0 of the format .npy")
        # The size is compared with that of the file before anything is allocated.
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        rows = np.frombuffer(content, "<i4", offset=stream.tell())
        if is_fortran or dtype != np.dtype("<i4") or len(shape) != 2 or shape[0] * shape[1] != len(rows):
            raise ValueError(f"expected an int32 array of two dimensions. Received: {dtype} of shape {shape}")
        if shape[0] < config.vocabulary_size or not shape[1]:
            raise ValueError(
                f"expected rows of the {config.vocabulary_size} source tokens of the model. Received: shape {shape}"
            )
        candidates, frequent = np.split(rows.reshape(shape).astype("int32"), [config.vocabulary_size])
        return Shortlist(candidates, np.unique(frequent), config.target_vocabulary_size)
    except (ValueError, TypeError) as error:
        raise InputError(f"{file}: {error}. Learn the shortlist again with `keras-transformer shortlist`.") from None
