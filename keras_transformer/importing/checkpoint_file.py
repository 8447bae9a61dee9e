"""Reads the variables of a TensorFlow checkpoint of a `tf.train.Checkpoint`. It runs no code of the checkpoint."""

import math

import numpy as np
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import check_regular

_ENDING, _SLOT = "/.ATTRIBUTES/VARIABLE_VALUE", "/.OPTIMIZER_SLOT/"
_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
# The reader has errors of TensorFlow and of Python, such as an IndexError for a file that is cut.
_ERRORS = (tf.errors.OpError, ValueError, RuntimeError, LookupError)
_FLOATS = (tf.float32, tf.float16, tf.bfloat16, tf.float64)


class CheckpointFile:
    """The variables below a root of a checkpoint, which are read one at a time. State of the optimizer is ignored.

    Args:
        prefix: the path of the checkpoint without ".index", a `pathlib.Path`.
        root: the first part of the names of its variables, such as "model".

    Attributes:
        path: the index file.
        shapes: the shape of each variable by its name without the root.

    Raises:
        InputError: a file is missing, cut or damaged.
    """

    def __init__(self, prefix, root):
        self.path = prefix.with_name(f"{prefix.name}.index")
        data = sorted(prefix.parent.glob(f"{_escaped(prefix.name)}.data-?????-of-?????"))
        if not data:
            raise InputError(f"{prefix}.data-00000-of-00001: the file is missing.")
        for file in (self.path, *data):
            check_regular(file)
        self._start = f"{root}/"
        try:
            self._reader = tf.train.load_checkpoint(str(prefix))
            found = self._reader.get_variable_to_shape_map()
            self._types = self._reader.get_variable_to_dtype_map()
        except _ERRORS:
            raise InputError(
                f"{self.path}: the file is damaged, or not the index of a TensorFlow checkpoint."
            ) from None
        numbers = {name: shape for name, shape in found.items() if self._types[name] != tf.string}
        size = sum(math.prod(shape) * self._types[name].size for name, shape in numbers.items())
        if size > sum(file.stat().st_size for file in data):
            raise InputError(f"{data[0]}: the file is shorter than its index states. It is cut or damaged.")
        if _GRAPH in found:
            self._tensor(_GRAPH)  # It is at the end of the file.
        self.shapes = {
            name[len(self._start) : -len(_ENDING)]: tuple(shape)
            for name, shape in found.items()
            if name.startswith(self._start) and name.endswith(_ENDING) and _SLOT not in name
        }

    def read(self, name):
        """Returns a variable as a float32 array.

        Raises:
            InputError: the variable has another type, a number is not finite, or the file is damaged.
        """
        kind = self._types[self._full(name)]
        if kind not in _FLOATS:
            raise InputError(f"{self.path}: {name}: expected numbers of floating point. Received: {kind.name}.")
        numbers = self._tensor(self._full(name))
        with np.errstate(over="ignore"):  # An infinite number is an error below.
            numbers = numbers.astype("float32", copy=False)
        if not np.isfinite(numbers).all():
            raise InputError(f"{self.path}: {name}: expected finite numbers. Received: NaN or infinity.")
        return numbers

    def _tensor(self, name):
        try:
            return self._reader.get_tensor(name)
        except _ERRORS:
            raise InputError(f"{self.path}: {name} cannot be read. The checkpoint is cut or damaged.") from None

    def _full(self, name):
        return f"{self._start}{name}{_ENDING}"


def _escaped(name):
    """Returns a file name as a pattern that matches only this name."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
