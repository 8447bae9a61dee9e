"""Weights files: HDF5 as Keras writes it."""

import contextlib
import io
import warnings

import h5py

from keras_transformer.errors import InputError
from keras_transformer.whole_files import write_whole


def save_weights(model, path):
    """Writes the weights of a model, without its optimizer, as `write_whole` writes a file.

    The HDF5 library crashes on a full disk, so it writes into memory.

    Args:
        model: any built Keras model.
        path: path of the file.

    Raises:
        OSError: the file cannot be written; it names the file.
    """
    memory = _Memory()
    with without_optimizer(model):
        model.save_weights(memory)
    write_whole(path, lambda file: file.write_bytes(memory.getbuffer()))


@contextlib.contextmanager
def without_optimizer(model):
    """Takes a model's optimizer away for as long: its state would triple the file of weights.

    Args:
        model: any Keras model, compiled or not.
    """
    optimizer = getattr(model, "optimizer", None)
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer


def load_weights(model, path):
    """Loads a weights file, telling in one line where it does not fit the model."""
    try:
        found = _count_parameters(path)
        # Keras passes over weights that the model has no place for.
        if found != model.count_params():
            raise ValueError(f"{found:,} parameters instead of {model.count_params():,}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of what it then raises for.
            model.load_weights(path)
    except (ValueError, KeyError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: the weights do not fit the config, or the file is damaged ({reason}).") from None


def _count_parameters(path):
    """The number of parameters in a weights file, without what else Keras puts there: optimizer, random generators."""
    sizes = []

    def add_size(name, item):
        if isinstance(item, h5py.Dataset) and name.startswith("layers/") and "seed_generator" not in name:
            sizes.append(item.size)

    with h5py.File(path) as file:
        file.visititems(add_size)
    return sum(sizes)


class _Memory(io.BytesIO):
    """Keras writes into `BytesIO` where it finds the ending of a weights file in its name."""

    def __str__(self):
        return "memory.weights.h5"
