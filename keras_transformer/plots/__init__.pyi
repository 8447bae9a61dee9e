from .attention_plot import plot_attention
from .figure import check_plots
from .positions_plot import plot_positions
from .training_plot import plot_training

__all__ = [
    "check_plots",
    "plot_attention",
    "plot_positions",
    "plot_training",
]
