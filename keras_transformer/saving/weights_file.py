"""Weights files in Keras's HDF5 layout."""

import contextlib
import io
import warnings

import h5py
import keras
import ml_dtypes
import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import write_whole
from keras_transformer.models.quantization_note import QuantizationNote, stored_shapes
from keras_transformer.models.transformer_parts import transformer_parts
from keras_transformer.models.weight_shapes import weight_shapes
from keras_transformer.saving.stored_weights import stored_weights

_WRONG = "the weights do not match the config, or the file is damaged ({reason})"
_FLOATS = ("float32", "float16", "float64", "bfloat16")
# Upper bounds for the numbers of groups and weights per block, outside blocks, and per weight.
_OBJECTS_OF_BLOCK, _OTHER_OBJECTS, _OBJECTS_OF_WEIGHT = 100, 200, 6


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


def check_weights(path, config, note=None):
    """Raises an InputError unless a weights file has the weights of a config. The weights are not loaded.

    Args:
        path: path of the file.
        config: a `TransformerConfig`.
        note: the `QuantizationNote` of a model with quantised layers. Default None.
    """
    with _one_line(path):
        compare_weights(path, config, note or QuantizationNote({}))


def compare_weights(path, config, note):
    """Raises a ValueError with the first difference between a weights file and the weights of a config.

    Args:
        path: path of the file.
        config: a `TransformerConfig`.
        note: the `QuantizationNote`.
    """
    blocks = config.num_encoder_layers + config.num_decoder_layers
    found = stored_weights(path, _OBJECTS_OF_BLOCK * min(blocks, _count_layers(path)) + _OTHER_OBJECTS)
    number = 0
    for number, (name, shape, dtype) in enumerate(stored_shapes(config, note), start=1):  # noqa: B007 (it counts them)
        if name not in found:
            raise ValueError(f"{name} is missing")
        if found[name].shape != shape:
            raise ValueError(f"{name} has the shape {found[name].shape} instead of {shape}")
        if found[name].dtype not in (_FLOATS if dtype == "float32" else (dtype,)):
            raise ValueError(f"{name} has the type {found[name].dtype} instead of {dtype}")
    # Keras ignores weights that the model does not have.
    others = [name for name in found if name.startswith("layers/") and "seed_generator" not in name]
    if len(others) > number:
        raise ValueError(f"{len(others)} weights instead of {number}")


def load_weights(model, path, wrong=_WRONG):
    """Loads a weights file into a model.

    Args:
        model: any built Keras model.
        path: path of the file.
        wrong: the message for a file that cannot be loaded. Default: it does not match the config.

    Raises:
        InputError: the file is damaged or of another model, or a weight is not finite.
    """
    with _one_line(path, wrong):
        found = stored_weights(path, _OBJECTS_OF_WEIGHT * len(model.variables) + _OTHER_OBJECTS)
        _check_types(found, model)
        with without_optimizer(model), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns before it raises the error.
            model.load_weights(path)
        check_numbers(model)


def assign_weights(model, path):
    """Loads a weights file into a Transformer, one weight at a time. The states of random numbers are unchanged.

    Args:
        model: a `keras.Model` of `build_transformer` in any precision.
        path: path of the file.

    Raises:
        InputError: the file is damaged or of another model, or a weight is not finite.
    """
    parts = transformer_parts(model)
    check_weights(path, parts.config)
    with _one_line(path):
        with h5py.File(path, locking=False) as file:
            for name, _ in weight_shapes(parts.config):
                is_bfloat16 = file[name].attrs.get("dtype") == "bfloat16"
                numbers = np.array(file[name], dtype=ml_dtypes.bfloat16 if is_bfloat16 else None)
                parts.variable(name).assign(numbers.astype("float32"))
        check_numbers(model)


def _check_types(found, model):
    """Raises a ValueError if a stored weight has a type that no weight of the model has. Keras would convert it."""
    others = {keras.backend.standardize_dtype(weight.dtype) for weight in model.weights} - set(_FLOATS)
    for name, weight in found.items():
        if "seed_generator" not in name and weight.dtype not in (*_FLOATS, *others):
            raise ValueError(f"{name} has the type {weight.dtype} instead of float32")


def check_numbers(model):
    """Raises a ValueError if a weight of a model is not finite."""
    for weight in model.weights:
        numbers = keras.ops.convert_to_numpy(weight)
        if numbers.dtype.kind not in "biu" and not np.isfinite(numbers.astype("float32", copy=False)).all():
            raise ValueError(f"{weight.path} is not finite")


@contextlib.contextmanager
def _one_line(path, wrong=_WRONG):
    try:
        yield
    except (ValueError, KeyError, RuntimeError, OSError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: {wrong.format(reason=reason)}.") from None


def _count_layers(path):
    with h5py.File(path, locking=False) as file:
        return len(file["layers"]) if file.get("layers", getlink=True).__class__ is h5py.HardLink else 0


class _Memory(io.BytesIO):
    """A `BytesIO` with a name. Keras detects the format by the ending of the name."""

    def __str__(self):
        return "memory.weights.h5"
