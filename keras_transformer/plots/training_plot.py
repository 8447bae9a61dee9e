import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.plots.figure import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_RATE = "learning rate"
# Title of a panel: the columns of the history that it shows by label, and the scale of the axis.
_PANELS = {
    "loss": ({"loss": "training", "val_loss": "validation"}, "linear"),
    "perplexity": ({"perplexity": "training", "val_perplexity": "validation"}, "log"),
    "BLEU, validation": ({"val_bleu": "validation"}, "linear"),
    _RATE: ({"learning_rate": "at the end of the epoch"}, "linear"),
}
# Number of epochs from which the first ones may be outside of the axes.
_FEWEST_EPOCHS = 4


def plot_training(history: Mapping[str, Sequence[float | None]]) -> "Figure":
    """Draws loss, perplexity, BLEU and learning rate of a training by epoch, as far as the history has them.

    The loss of the first epoch is often many times the later ones. On its scale the later epochs are a flat line. The
    axes of loss, perplexity and BLEU therefore begin at a later epoch if each epoch before it at least doubles their
    range: at most a quarter of the epochs is outside, and none of fewer than four. The legend names these epochs. A
    logarithmic axis would not help, because label smoothing keeps the loss well above 0.

    Args:
        history: a dictionary of lists of numbers by name, one number per epoch, such as `fit(...).history` or
            `callbacks.read_history(path)` of a model folder's `history.csv`. An epoch without a value has None.
            `fit(...).history` omits such epochs, so use the file if not every epoch was evaluated. The list `epoch` of
            the file has the numbers of the epochs, counted from 0. Without it, they begin at 0.

    Returns:
        A `matplotlib.figure.Figure` with a panel for each quantity.

    Raises:
        InputError: there is nothing to draw, some numbers are missing, or matplotlib is missing.

    Example:

    >>> history = model.fit(batches, epochs=2, shuffle=False)
    >>> kt.plots.plot_training(history.history).savefig("training.png")
    """
    lengths = {name: len(history[name]) for columns, _ in _PANELS.values() for name in columns if name in history}
    for name, length in lengths.items():
        if length < max(lengths.values()):
            raise InputError(
                f"{name} has {length} values for {max(lengths.values())} epochs, and the epochs are unknown. Use a "
                "HistoryFile and draw the result of `read_history`."
            )
    panels = {
        title: (columns, scale)
        for title, (columns, scale) in _PANELS.items()
        if any(_is_drawn(value) for name in columns for value in history.get(name, []))
    }
    if not panels:
        raise InputError("The history has no epoch with a finite number.")
    figure = new_figure(4.2 * len(panels), 3.4)
    from matplotlib.ticker import LogFormatter  # noqa: PLC0415 (an optional dependency)

    numbers = history.get("epoch") or range(max(lengths.values()))
    for axes, (title, (columns, scale)) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        for name, label in columns.items():
            points = [(epoch + 1, value) for epoch, value in zip(numbers, history.get(name, [])) if _is_drawn(value)]
            if points:
                # The label has the last value, because it is hard to read from a logarithmic axis.
                axes.plot(
                    *zip(*points), label=f"{label}: {points[-1][1]:.4g}", marker="." if len(points) < 30 else None
                )
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.set_yscale(scale)
        if scale == "log":
            # Perplexities are written as 8, not as 8 x 10^0.
            axes.yaxis.set_major_formatter(LogFormatter())
            axes.yaxis.set_minor_formatter(LogFormatter())
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.3)
        axes.legend(title=None if title == _RATE else _zoom(axes, scale), title_fontsize="small")
    return figure


def _zoom(axes, scale):
    """Limits the vertical axis to the later epochs if the first ones would flatten them.

    Returns:
        A description of the epochs outside of the axis, or None.
    """
    points = sorted((epoch, value) for line in axes.lines for epoch, value in zip(line.get_xdata(), line.get_ydata()))
    if scale == "log":
        points = [(epoch, math.log(value)) for epoch, value in points]
    epochs = sorted({epoch for epoch, _ in points})
    first = 0
    for later in range(1, 1 + (max(1, len(epochs) // 4) if len(epochs) >= _FEWEST_EPOCHS else 0)):
        if not 0 < _extent(points, epochs[later]) <= _extent(points, epochs[first]) / 2:
            break
        first = later
    if not first:
        return None
    values = [value for epoch, value in points if epoch >= epochs[first]]
    margin = 0.05 * (max(values) - min(values))
    limits = min(values) - margin, max(values) + margin
    axes.set_ylim(*(map(math.exp, limits) if scale == "log" else limits))
    outside = [value for epoch, value in points if epoch < epochs[first]]
    extreme = max(outside, key=lambda value: abs(value - values[0]))
    extreme = math.exp(extreme) if scale == "log" else extreme
    named = f"epoch {epochs[0]:g}" if first == 1 else f"epochs {epochs[0]:g} to {epochs[first - 1]:g}"
    return f"{named}: {'up to ' if extreme > axes.get_ylim()[1] else 'from '}{extreme:.4g}"


def _extent(points, first_epoch):
    """Returns the range of the values from an epoch on."""
    values = [value for epoch, value in points if epoch >= first_epoch]
    return max(values) - min(values)


def _is_drawn(value):
    """Returns whether an epoch has a finite value."""
    return value is not None and math.isfinite(value)
