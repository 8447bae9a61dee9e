"""Matplotlib, which is an optional dependency, and the one way in which pictures are made."""

import importlib.util

from keras_transformer.errors import InputError


def new_figure(width, height):
    """An empty `matplotlib.figure.Figure` of a size in inches, which no window belongs to.

    Raises:
        InputError: matplotlib is missing.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError('matplotlib is not installed: pip install "keras-transformer[plots]"')
    from matplotlib.figure import Figure  # noqa: PLC0415 (an optional dependency)

    return Figure(figsize=(width, height), layout="constrained")
