"""The vertical axes of the picture of a training: the first epochs do not flatten the later ones."""

import numpy as np
import pytest

from keras_transformer.plots import plot_training

pytest.importorskip("matplotlib", reason="the extra `plots` is not installed")
# Validation is between training and its end.
STEEP = [5.4, 2.4, 1.4, 1.14, 1.13, 1.12, 1.11, 1.10, 1.09, 1.08, 1.07, 1.06]


def legend_title(axes):
    return axes.get_legend().get_title().get_text()


def test_the_axis_begins_after_the_epochs_that_would_flatten_it():
    (axes,) = plot_training({"loss": STEEP, "val_loss": [value - 0.01 for value in STEEP]}).axes
    low, high = axes.get_ylim()
    np.testing.assert_allclose([low, high], [1.05 - 0.0045, 1.14 + 0.0045], atol=1e-9)
    assert legend_title(axes) == "epochs 1 to 3: up to 5.4"
    # The points outside are still part of the curve.
    assert axes.lines[0].get_ydata().tolist() == STEEP


def test_one_steep_epoch_is_outside():
    (axes,) = plot_training({"loss": [9.0, 3.0, 2.5, 2.0, 1.5, 1.0]}).axes
    assert axes.get_ylim()[1] < 3.2
    assert legend_title(axes) == "epoch 1: up to 9"


def test_a_rising_score_begins_later_too():
    (axes,) = plot_training({"val_bleu": [0.0, 40.0, 41.0, 42.0, 43.0]}).axes
    assert axes.get_ylim()[0] > 39.0
    assert legend_title(axes) == "epoch 1: from 0"


def test_a_logarithmic_axis_compares_ratios():
    (axes,) = plot_training({"perplexity": [1000.0, 8.0, 4.0, 2.0]}).axes
    np.testing.assert_allclose(axes.get_ylim(), [2.0 / 4**0.05, 8.0 * 4**0.05])
    assert legend_title(axes) == "epoch 1: up to 1000"


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [4.0, 3.5, 3.0, 2.5, 2.0]},  # Nothing is flattened.
        {"loss": [9.0, 2.0, 1.0]},  # Few epochs.
        {"loss": [9.0, 1.0, 1.0, 1.0]},  # The later epochs have no range.
        {"learning_rate": [0.1, 0.001, 0.0009, 0.0008, 0.0007]},
    ],
)
def test_other_axes_have_every_epoch(history):
    (axes,) = plot_training(history).axes
    ((low, high), (values,)) = axes.get_ylim(), history.values()
    assert low <= min(values)
    assert max(values) <= high
    assert legend_title(axes) == ""
