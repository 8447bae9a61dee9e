from typing import TYPE_CHECKING

from keras_transformer.layers.positional_embedding import sinusoidal_positions
from keras_transformer.plots.figure import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_positions(length: int, hidden_dim: int) -> "Figure":
    """Draws the sinusoidal position encodings.

    Args:
        length: number of positions.
        hidden_dim: width of the encodings.

    Returns:
        A `matplotlib.figure.Figure`: a heat map, and line plots of a few of its columns.

    Raises:
        InputError: matplotlib is missing.

    Reference:
        "Attention Is All You Need", section 3.5.
    """
    positions = sinusoidal_positions(length, hidden_dim)
    figure = new_figure(8, 6.5)
    heat_map, courses = figure.subplots(2, 1, height_ratios=[2, 1])
    image = heat_map.imshow(positions, vmin=-1.0, vmax=1.0, cmap="RdBu_r", aspect="auto", interpolation="nearest")
    heat_map.set_title("sin and cos of pos / 10000^(2i / d)")
    heat_map.set_xlabel("dimension")
    heat_map.set_ylabel("position")
    figure.colorbar(image, ax=heat_map)
    for dimension in sorted({0, hidden_dim // 8, hidden_dim // 4, hidden_dim // 2}):
        courses.plot(positions[:, dimension], label=f"dimension {dimension}")
    courses.set_xlabel("position")
    # Above the plot, because a legend at the side would separate the colour bar from the heat map.
    courses.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)
    courses.grid(alpha=0.3)
    return figure
