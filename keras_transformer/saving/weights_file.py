"""Weights files in Keras's HDF5 layout."""

import contextlib
import io
import warnings

import h5py
import keras
import numpy as np

from keras_transformer.files.whole_files import write_whole
from keras_transformer.models.transformer_parts import transformer_parts
from keras_transformer.models.weight_shapes import weight_shapes
from keras_transformer.saving.stored_weights import stored_numbers, stored_weights
from keras_transformer.saving.weights_check import FLOATS, OTHER_OBJECTS, WRONG, check_weights, in_one_line

# Upper bound for the number of groups and data sets per weight.
_OBJECTS_OF_WEIGHT = 6


def save_weights(model, path):
    """Writes the weights of a model, without its optimizer, atomically as `write_whole` does.

    Args:
        model: any built Keras model.
        path: path of the file.

    Raises:
        OSError: the file cannot be written. The error has the file name.
    """
    content = weights_content(model)
    write_whole(path, lambda file: file.write_bytes(content))


def weights_content(model):
    """Returns the bytes of the weights file of a model, without its optimizer.

    The HDF5 library crashes on a full disk. It therefore writes to memory.

    Args:
        model: any built Keras model.
    """
    memory = _Memory()
    with without_optimizer(model):
        model.save_weights(memory)
    return memory.getbuffer()


@contextlib.contextmanager
def without_optimizer(model):
    """Removes the optimizer of a model within the block, because its state would triple the size of the weights file.

    Args:
        model: any Keras model, compiled or not.
    """
    optimizer = getattr(model, "optimizer", None)
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer


def load_weights(model, path, wrong=WRONG):
    """Loads a weights file into a model.

    Args:
        model: any built Keras model.
        path: path of the file.
        wrong: the message for a file that cannot be loaded. Default: it does not match the config.

    Raises:
        InputError: the file is damaged or of another model, or a weight is not finite.
    """
    with in_one_line(path, wrong):
        found = stored_weights(path, _OBJECTS_OF_WEIGHT * len(model.variables) + OTHER_OBJECTS)
        _check_types(found, model)
        with without_optimizer(model), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns before it raises the error.
            model.load_weights(path)
        check_numbers(model)


def assign_weights(model, path):
    """Loads a weights file into a Transformer without quantised layers, one weight at a time.

    It takes an eighth of the time of Keras's `load_weights`. The states of random numbers are unchanged.

    Args:
        model: a `keras.Model` of `build_transformer` in any precision.
        path: path of the file.

    Raises:
        InputError: the file is damaged or of another model, or a weight is not finite.
    """
    parts = transformer_parts(model)
    check_weights(path, parts.config)
    with in_one_line(path), h5py.File(path, locking=False) as file:
        for name, _ in weight_shapes(parts.config):
            numbers = stored_numbers(file[name])
            if not np.isfinite(numbers).all():
                raise ValueError(f"{name} is not finite")
            parts.variable(name).assign(numbers)


def _check_types(found, model):
    """Raises a ValueError if a stored weight has a type that no weight of the model has. Keras would convert it."""
    others = {keras.backend.standardize_dtype(weight.dtype) for weight in model.weights} - set(FLOATS)
    for name, weight in found.items():
        if "seed_generator" not in name and weight.dtype not in (*FLOATS, *others):
            raise ValueError(f"{name} has the type {weight.dtype} instead of float32")


def check_numbers(model):
    """Raises a ValueError if a weight of a model is not finite."""
    for weight in model.weights:
        numbers = keras.ops.convert_to_numpy(weight)
        if numbers.dtype.kind not in "biu" and not np.isfinite(numbers.astype("float32", copy=False)).all():
            raise ValueError(f"{weight.path} is not finite")


class _Memory(io.BytesIO):
    """A `BytesIO` with a name. Keras detects the format by the ending of the name."""

    def __str__(self):
        return "memory.weights.h5"
