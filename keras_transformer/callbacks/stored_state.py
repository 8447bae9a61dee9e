"""Checks the content of a saved training, which can be damaged or from another program."""

import keras
import numpy as np

_MOST = 2**31 - 1


def checked_position(position):
    """Returns the position of a saved training.

    Args:
        position: the content of the file.

    Raises:
        ValueError: it is not a position as `TrainingState` saves it.
    """
    if not isinstance(position, dict):
        raise ValueError("the position is not a dictionary")
    for name in ("epoch", "step", "steps_per_epoch"):
        if type(position.get(name)) is not int or not 0 <= position[name] <= _MOST:
            raise ValueError(f"{name} is not a number of steps or epochs")
    if position["step"] >= position["steps_per_epoch"]:
        raise ValueError("the step is after the end of the epoch")
    if not isinstance(position.get("backend", ""), str):
        raise ValueError("the backend is not text")
    if not isinstance(position.get("callbacks"), dict) or not isinstance(position.get("last_callbacks", {}), dict):
        raise ValueError("the states of the callbacks are not dictionaries")
    return position


def check_arrays(variables, arrays, finite):
    """Raises a ValueError if an array cannot be the saved value of a variable.

    Args:
        variables: variables by name.
        arrays: arrays of the same names and shapes.
        finite: ids of the variables that must be finite.
    """
    for name, variable in variables.items():
        array, dtype = arrays[name], keras.backend.standardize_dtype(variable.dtype)
        if "float" in dtype:
            # NumPy's files do not support bfloat16.
            is_same_kind = array.dtype.kind == "f" or (dtype == "bfloat16" and array.dtype.str == "|V2")
        else:
            is_same_kind = array.dtype.kind == np.dtype(dtype).kind
        if not is_same_kind:
            raise ValueError(f"{name} has the type {array.dtype} instead of {dtype}")
        if id(variable) in finite:
            with np.errstate(over="ignore"):
                numbers = in_precision_of(variable, array).astype(dtype).astype("float32")
            if not np.isfinite(numbers).all():
                raise ValueError(f"{name} is not finite")


def check_metrics(metrics):
    """Raises a ValueError if an array cannot be a saved sum of a metric."""
    for array in metrics:
        if array.dtype.kind not in "fiu" and array.dtype.str != "|V2":
            raise ValueError(f"a metric has the type {array.dtype}")


def in_precision_of(variable, array):
    """Returns the array in the dtype of the variable. NumPy's files do not support bfloat16 and return its bytes."""
    return array.view(keras.ops.convert_to_numpy(variable).dtype) if array.dtype.kind == "V" else array
