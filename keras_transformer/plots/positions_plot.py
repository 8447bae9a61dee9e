from typing import TYPE_CHECKING

from keras_transformer.errors import InputError, short_repr
from keras_transformer.plots.figure import new_figure
from keras_transformer.position_encodings import POSITION_FREQUENCIES, position_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_positions(
    length: int, hidden_dim: int, first_position: int = 0, position_frequencies: str = "paper"
) -> "Figure":
    """Draws the sinusoidal position encodings.

    Args:
        length: number of positions.
        hidden_dim: width of the encodings.
        first_position, position_frequencies: as in `TransformerConfig`, for imported models. Default: those of the
            paper.

    Returns:
        A `matplotlib.figure.Figure`: a heat map, and line plots of a few pairs of its columns, each a sine and the
        cosine of the same angle.

    Raises:
        InputError: matplotlib is missing, or the frequencies are unknown.

    Example:

    >>> kt.plots.plot_positions(length=64, hidden_dim=128).savefig("positions.png")

    Reference:
        "Attention Is All You Need", section 3.5.
    """
    if position_frequencies not in POSITION_FREQUENCIES:
        raise InputError(
            f"`position_frequencies` must be one of {', '.join(POSITION_FREQUENCIES)}. Received: "
            f"{short_repr(position_frequencies)}."
        )
    positions = position_table(length, hidden_dim, first_position, position_frequencies)
    # The pairs of columns 2i and 2i + 1.
    columns = sorted({dimension // 2 * 2 for dimension in (0, hidden_dim // 8, hidden_dim // 4, hidden_dim // 2)})
    columns = [column for column in columns if column < hidden_dim]
    figure = new_figure(8, 4.2 + 1.2 * len(columns))
    heat_map, *pairs = figure.subplots(1 + len(columns), 1, height_ratios=[4, *[1] * len(columns)])
    image = heat_map.imshow(positions, vmin=-1.0, vmax=1.0, cmap="RdBu_r", aspect="auto", interpolation="nearest")
    position = f"(pos + {first_position})" if first_position else "pos"
    angle = f"{position} / 10000^(2i / {'d' if position_frequencies == 'paper' else '(d - 2)'})"
    heat_map.set_title(f"P[pos, 2i] = sin({angle}), P[pos, 2i + 1] = cos({angle})", fontsize=10)
    heat_map.set_xlabel("dimension")
    heat_map.set_ylabel("position")
    figure.colorbar(image, ax=heat_map)
    for column, axes in zip(columns, pairs):
        title = f"dimension {column}: sine"
        axes.plot(positions[:, column])
        if column + 1 < hidden_dim:
            axes.plot(positions[:, column + 1], linestyle="--")
            title += f", dimension {column + 1}: cosine (dashed)"
        axes.set_title(title, fontsize=9, loc="left", pad=2)
        axes.set_ylim(-1.1, 1.1)
        axes.grid(alpha=0.3)
        axes.tick_params(labelbottom=axes is pairs[-1])
    pairs[-1].set_xlabel("position")
    return figure
