import contextlib
import json
import math
import pathlib
import zipfile
import zlib

import keras
import numpy as np

from keras_transformer.callbacks.stored_state import check_arrays, check_metrics, checked_position
from keras_transformer.errors import InputError, shortened
from keras_transformer.files.whole_files import write_whole

_POSITION = "position"
# Limits of the file size: bytes per number of the variables, and bytes of metrics and states of callbacks.
_MOST_BYTES_OF_NUMBER, _MOST_OTHER_BYTES = 8, 64 * 2**20
# The bit of the flags of an encrypted entry of a ZIP file.
_ENCRYPTED = 1
# Errors of NumPy, JSON, the checks, and the callbacks when a file is damaged.
_ERRORS_OF_DAMAGE = (
    *(ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, EOFError, RecursionError),
    *(zipfile.BadZipFile, zlib.error),
)


class StateFile:
    """The file of a `TrainingState`: the arrays of all variables and metrics, and the position as JSON, in NumPy's npz.

    Args:
        path: path of the file.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def write(self, variables, metrics, position):
        """Writes the file under another name and renames it.

        Args:
            variables: variables by name.
            metrics: a list of arrays.
            position: a dictionary for JSON.
        """
        arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in variables.items()}
        arrays |= {f"metric_{number:04d}": metric for number, metric in enumerate(metrics)}
        arrays[_POSITION] = np.frombuffer(json.dumps(position).encode(), "uint8")

        def write(path):
            with path.open("wb") as file:  # NumPy adds an ending to a path.
                np.savez(file, **arrays)

        write_whole(self.path, write)

    def position(self):
        """Returns the position, a dictionary.

        Raises:
            InputError: the file is damaged.
        """
        with self._opened() as file:
            return _position(file)

    def read(self, variables, trainable, steps_per_epoch):
        """Returns the position, the arrays by name, and the arrays of the metrics.

        Args:
            variables: the variables by name. The file must have their shapes and dtypes.
            trainable: the variables that must be finite.
            steps_per_epoch: number of batches of an epoch. The file must have the same number.

        Raises:
            InputError: the file is damaged, or from another model or training.
        """
        with self._opened() as file:
            self._check_size(file, variables)
            position = _position(file)
            self._check_backend(position)
            arrays = {name: file[name] for name in file.files if name != _POSITION}
        metrics = [arrays.pop(name) for name in sorted(arrays) if name.startswith("metric_")]
        shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
        if {name: array.shape for name, array in arrays.items()} != shapes:
            raise InputError(f"{self.path}: the state is from another model or another optimizer.")
        if position["steps_per_epoch"] != steps_per_epoch:
            raise InputError(
                f"{self.path}: the state is from epochs of {position['steps_per_epoch']} batches, but now they have "
                f"{steps_per_epoch}."
            )
        with self.named_if_damaged():
            check_arrays(variables, arrays, {id(variable) for variable in trainable})
            check_metrics(metrics)
        return position, arrays, metrics

    @contextlib.contextmanager
    def named_if_damaged(self):
        """Raises an InputError that names the file instead of an error that damaged content causes."""
        try:
            yield
        except InputError:
            raise
        except _ERRORS_OF_DAMAGE:
            raise InputError(f"{self.path}: not the state of a training, or damaged. Start a new training.") from None

    @contextlib.contextmanager
    def _opened(self):
        with self.named_if_damaged(), np.load(self.path) as file:
            for entry in file.zip.infolist():
                _check_entry(file.zip, entry)
            yield file

    def _check_size(self, file, variables):
        """Raises an InputError if the file needs far more memory than the variables, before memory is allocated."""
        numbers = sum(int(np.prod(variable.shape)) for variable in variables.values())
        if sum(entry.file_size for entry in file.zip.infolist()) > _MOST_BYTES_OF_NUMBER * numbers + _MOST_OTHER_BYTES:
            raise InputError(f"{self.path}: the state is from another model or another optimizer.")

    def _check_backend(self, position):
        backend = position.get("backend", keras.backend.backend())
        if backend != keras.backend.backend():
            raise InputError(
                f"{self.path}: the state is from a training with Keras on {shortened(backend)}, but Keras runs on "
                f"{keras.backend.backend()}. Set KERAS_BACKEND={shortened(backend)}."
            )


def _position(file):
    return checked_position(json.loads(file[_POSITION].tobytes()))


def _check_entry(archive, entry):
    """Raises a ValueError if an entry is not as NumPy writes it, or its array is larger, before memory is allocated."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & _ENCRYPTED:
        raise ValueError("an entry that NumPy does not write")
    if entry.filename == f"{_POSITION}.npy" and entry.file_size > _MOST_OTHER_BYTES:
        raise ValueError("the position is too long")
    with archive.open(entry) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("an array of another version of NumPy's format")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if math.prod(shape) * dtype.itemsize != entry.file_size - file.tell():
            raise ValueError("the size of an array is not that of its entry")
