"""Matplotlib, which is an optional dependency, and the one way in which pictures are made."""

from keras_transformer.errors import check_installed


def check_plots():
    """Raises an `InputError` where matplotlib is missing."""
    check_installed("matplotlib", extra="plots")


def new_figure(width, height):
    """An empty `matplotlib.figure.Figure` of a size in inches, which no window belongs to.

    Raises:
        InputError: matplotlib is missing.
    """
    check_plots()
    from matplotlib.figure import Figure  # noqa: PLC0415 (an optional dependency)

    return Figure(figsize=(width, height), layout="constrained")
