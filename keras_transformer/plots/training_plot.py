import math

from keras_transformer.errors import InputError
from keras_transformer.plots.figure import new_figure

# Title: the columns of the history that it shows by label, and the scale of the axis.
_PANELS = {
    "loss": ({"loss": "training", "val_loss": "validation"}, "linear"),
    "perplexity": ({"perplexity": "training", "val_perplexity": "validation"}, "log"),
    "BLEU, validation": ({"val_bleu": "validation"}, "linear"),
    "learning rate": ({"learning_rate": "at the end of the epoch"}, "linear"),
}


def plot_training(history):
    """Draws how a training went, epoch by epoch: loss, perplexity, BLEU and learning rate, as far as they were kept.

    Args:
        history: a dictionary of lists of numbers by name, one number an epoch, such as `fit(...).history` or
            `callbacks.read_history(path)` of a model folder's `history.csv`. None stands for an epoch without a value;
            `fit(...).history` just leaves it out, so that evaluations every other epoch want the file. `epoch`, which
            the file has, are the numbers of the epochs, counted from 0; without it they begin at 0.

    Returns:
        A `matplotlib.figure.Figure` with a panel for each.

    Raises:
        InputError: there is nothing to draw, some numbers are missing, or matplotlib is missing.
    """
    lengths = {name: len(history[name]) for columns, _ in _PANELS.values() for name in columns if name in history}
    for name, length in lengths.items():
        if length < max(lengths.values()):
            raise InputError(
                f"{name} has {length} values for {max(lengths.values())} epochs, and nothing tells which; keep a "
                "HistoryFile and draw what `read_history` gives."
            )
    panels = {
        title: (columns, scale)
        for title, (columns, scale) in _PANELS.items()
        if any(_is_drawn(value) for name in columns for value in history.get(name, []))
    }
    if not panels:
        raise InputError("There is no epoch in the history with a finite number to draw.")
    figure = new_figure(4.2 * len(panels), 3.4)
    from matplotlib.ticker import LogFormatter  # noqa: PLC0415 (an optional dependency)

    numbers = history.get("epoch") or range(max(lengths.values()))
    for axes, (title, (columns, scale)) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        for name, label in columns.items():
            points = [(epoch + 1, value) for epoch, value in zip(numbers, history.get(name, [])) if _is_drawn(value)]
            if points:
                # The last value, too, which nobody can read off a logarithmic axis.
                axes.plot(
                    *zip(*points), label=f"{label}: {points[-1][1]:.4g}", marker="." if len(points) < 30 else None
                )
        axes.set_title(title)
        axes.set_xlabel("epoch")
        axes.set_yscale(scale)
        if scale == "log":
            # 8 rather than 8 x 10^0, which is how perplexities are told.
            axes.yaxis.set_major_formatter(LogFormatter())
            axes.yaxis.set_minor_formatter(LogFormatter())
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def _is_drawn(value):
    """Whether an epoch has a value, and one that a training gave before it diverged."""
    return value is not None and math.isfinite(value)
