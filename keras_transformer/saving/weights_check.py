"""Compares weights files in Keras's HDF5 layout with a config, without Keras."""

import contextlib

import h5py

from keras_transformer.errors import InputError
from keras_transformer.models.quantization_note import QuantizationNote, stored_shapes
from keras_transformer.saving.stored_weights import stored_weights

WRONG = "the weights do not match the config, or the file is damaged ({reason})"
FLOATS = ("float32", "float16", "float64", "bfloat16")
# Upper bounds for the numbers of groups and weights per block, and outside blocks.
_OBJECTS_OF_BLOCK, OTHER_OBJECTS = 100, 200


def check_weights(path, config, note=None):
    """Raises an InputError unless a weights file has the weights of a config. The weights are not loaded.

    Args:
        path: path of the file.
        config: a `TransformerConfig`.
        note: the `QuantizationNote` of a model with quantised layers. Default None.
    """
    with in_one_line(path):
        compare_weights(path, config, note or QuantizationNote({}))


def compare_weights(path, config, note):
    """Raises a ValueError with the first difference between a weights file and the weights of a config.

    Args:
        path: path of the file.
        config: a `TransformerConfig`.
        note: the `QuantizationNote`.
    """
    blocks = config.num_encoder_layers + config.num_decoder_layers
    found = stored_weights(path, _OBJECTS_OF_BLOCK * min(blocks, _count_layers(path)) + OTHER_OBJECTS)
    number = 0
    for number, (name, shape, dtype) in enumerate(stored_shapes(config, note), start=1):  # noqa: B007 (it counts them)
        if name not in found:
            raise ValueError(f"{name} is missing")
        if found[name].shape != shape:
            raise ValueError(f"{name} has the shape {found[name].shape} instead of {shape}")
        if found[name].dtype not in (FLOATS if dtype == "float32" else (dtype,)):
            raise ValueError(f"{name} has the type {found[name].dtype} instead of {dtype}")
    # Keras ignores weights that the model does not have.
    others = [name for name in found if name.startswith("layers/") and "seed_generator" not in name]
    if len(others) > number:
        raise ValueError(f"{len(others)} weights instead of {number}")


@contextlib.contextmanager
def in_one_line(path, wrong=WRONG):
    """Turns an error about the weights file at `path` within the block into an `InputError` of one line."""
    try:
        yield
    except (ValueError, KeyError, RuntimeError, OSError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: {wrong.format(reason=reason)}.") from None


def _count_layers(path):
    with h5py.File(path, locking=False) as file:
        return len(file["layers"]) if file.get("layers", getlink=True).__class__ is h5py.HardLink else 0
