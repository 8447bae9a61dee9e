"""A weights file in Keras's HDF5 layout without a model, so that memory holds the weights once."""

import io

import h5py

from keras_transformer.models.weight_shapes import weight_shapes


def streamed_weights(config, parts):
    """Returns the bytes of the weights file of a model.

    The HDF5 library crashes on a full disk. It therefore writes to memory.

    Args:
        config: the `TransformerConfig`.
        parts: an iterable of the name of a weight as in `weight_shapes`, the number of its first row, and the rows, a
            float32 array. All rows of all weights must be given.
    """
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for name, shape in weight_shapes(config):
            file.create_dataset(name, shape, "float32")
        for name, start, rows in parts:
            file[name][start : start + len(rows)] = rows
    return memory.getbuffer()
