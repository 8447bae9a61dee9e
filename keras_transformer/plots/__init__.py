"""Plots of attention, training and position encodings. They need the extra `plots`."""

from keras_transformer.plots.attention_plot import plot_attention
from keras_transformer.plots.figure import check_plots
from keras_transformer.plots.positions_plot import plot_positions
from keras_transformer.plots.training_plot import plot_training

__all__ = ["check_plots", "plot_attention", "plot_positions", "plot_training"]
