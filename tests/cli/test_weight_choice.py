"""The command `train` keeps averaged weights only if they are not worse than the best of their epochs."""

import json
import shutil

import numpy as np
import pytest

from keras_transformer.callbacks import EpochCheckpoints
from keras_transformer.callbacks.history_rows import read_history
from keras_transformer.translator import Translator


@pytest.fixture
def folder(trained, tmp_path):
    """A copy of a finished training whose last two epochs were averaged."""
    return shutil.copytree(trained / "model", tmp_path / "model")


def reverse_hidden_units(folder, epoch):
    """Reverses the order of the hidden units of every feed-forward layer in a checkpoint.

    The function of the epoch's weights stays the same. Its average with another epoch is broken.
    """
    model = Translator.load(folder).model
    checkpoints = EpochCheckpoints(folder / "checkpoints")
    checkpoints.average(model, [epoch])
    axes = {"intermediate/kernel": 1, "intermediate/bias": 0, "output/kernel": 0}
    feed_forward = [weights for weights in model.weights if "feed_forward" in weights.path]
    for weights in feed_forward:
        for name, axis in axes.items():
            if weights.path.endswith(f"feed_forward/{name}"):
                weights.assign(np.flip(np.array(weights), axis))
    model.save_weights(folder / "checkpoints" / f"epoch_{epoch:04d}.weights.h5")


def weights_of_epoch(folder, epoch):
    model = Translator.load(folder).model
    EpochCheckpoints(folder / "checkpoints").average(model, [epoch])
    return model.get_weights()


def test_the_scores_of_both_are_printed_and_kept(trained, model):
    weights = json.loads((model / "scores.json").read_text())["weights"]
    assert weights["monitor"] == "val_bleu"
    assert weights["epochs"] == [3, 4]
    assert weights["best_epoch"] in weights["epochs"]
    assert weights["kept"] == ("averaged" if weights["averaged"] >= weights["single"] else "single")
    card = (model / "README.md").read_text()
    assert f"Average of 2 epochs: val_bleu {weights['averaged']:.4f}. Epoch {weights['best_epoch']} alone: " in card


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param([], id="bleu", marks=pytest.mark.slow),
        pytest.param(["--set", "evaluation.monitor=val_loss"], id="loss"),
    ],
)
def test_an_average_that_is_worse_than_an_epoch_is_not_kept(run, trained, folder, settings):
    reverse_hidden_units(folder, 4)
    result = run("train", trained / "recipe.toml", "--output", folder, "--resume", *settings)
    assert result.status == 0, result.errors
    weights = json.loads((folder / "scores.json").read_text())["weights"]
    losses = read_history(folder / "history.csv")["val_loss"]
    assert weights["kept"] == "single"
    assert weights["best_epoch"] == 3 + int(losses[3] < losses[2])
    assert f"Kept: the weights of epoch {weights['best_epoch']}." in result.errors
    kept = Translator.load(folder).model.get_weights()
    for one, other in zip(kept, weights_of_epoch(folder, weights["best_epoch"]), strict=True):
        np.testing.assert_array_equal(one, other)
    if settings:
        # The comparison uses the validation of the training.
        assert weights["single"] == pytest.approx(losses[weights["best_epoch"] - 1], rel=1e-4)


@pytest.mark.slow
def test_an_average_that_is_better_is_kept(run, trained, folder):
    result = run("train", trained / "recipe.toml", "--output", folder, "--resume", "--set", "evaluation.at_end=false")
    assert result.status == 0, result.errors
    weights = json.loads((folder / "scores.json").read_text())["weights"]
    # No translation is scored here. The perplexity decides.
    assert weights["monitor"] == "val_perplexity"
    assert weights["kept"] == ("averaged" if weights["averaged"] <= weights["single"] else "single")
    epochs = [weights_of_epoch(folder, number) for number in (3, 4)]
    expected = [np.mean(pair, axis=0) for pair in zip(*epochs, strict=True)]
    expected = expected if weights["kept"] == "averaged" else epochs[weights["best_epoch"] - 3]
    for one, other in zip(Translator.load(folder).model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
