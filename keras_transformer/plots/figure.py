"""Creates figures with matplotlib, an optional dependency."""

from keras_transformer.errors import check_installed


def check_plots() -> None:
    """Raises an `InputError` if matplotlib is missing.

    Example:

    >>> kt.plots.check_plots()
    """
    check_installed("matplotlib", extra="plots")


def new_figure(width, height):
    """Returns an empty `matplotlib.figure.Figure` of a size in inches, without a window.

    Raises:
        InputError: matplotlib is missing.
    """
    check_plots()
    from matplotlib.figure import Figure  # noqa: PLC0415 (an optional dependency)

    return Figure(figsize=(width, height), layout="constrained")
