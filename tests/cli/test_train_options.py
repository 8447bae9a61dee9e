"""Keys of `[training]` in the command `train`."""

import json
import math
import tomllib

import numpy as np
import pytest

from keras_transformer.callbacks.history_rows import read_history
from keras_transformer.translator import Translator


@pytest.mark.slow
def test_a_warmup_that_never_ends_is_warned_of_and_the_default_fits_the_training(run, corpus):
    short = ["--set", "training.steps=3", "--set", "training.average_checkpoints=1"]
    result = run("train", corpus / "recipe.toml", "--output", corpus / "long", *short)
    assert result.status == 0, result.errors
    assert "Warning: [training] warmup_steps = 10 is more than half of the 3 steps of this training" in result.errors

    text = (corpus / "recipe.toml").read_text().replace("warmup_steps = 10\n", "")
    (corpus / "recipe.toml").write_text(text)
    derived = run("train", corpus / "recipe.toml", "--output", corpus / "short", "--set", "training.steps=24")
    assert "Warning" not in derived.errors
    assert tomllib.loads((corpus / "short" / "recipe.toml").read_text())["training"]["warmup_steps"] == 2
    # More steps do not change a finished warm-up.
    more = ["--set", "training.steps=30", "--resume"]
    assert run("train", corpus / "recipe.toml", "--output", corpus / "short", *more).status == 0
    assert tomllib.loads((corpus / "short" / "recipe.toml").read_text())["training"]["warmup_steps"] == 2


@pytest.mark.slow
def test_float16_with_everything_on_trains(run, corpus):
    settings = ["training.precision=float16", "training.weight_decay=0.01", "training.clip_norm=1.0"]
    settings += ["training.tensorboard=true", "training.decay=cosine", "training.epochs=6"]
    settings += ["evaluation.every_steps=9", "evaluation.samples=1", "vocabulary.sampling=0.5"]
    options = [part for setting in settings for part in ("--set", setting)]
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *options)
    assert result.status == 0, result.errors
    assert "\nstep 9: val_bleu " in result.errors
    assert "\nreference:   " in result.errors
    losses = read_history(corpus / "model" / "history.csv")["val_loss"]
    assert losses[-1] < losses[0] - 1
    assert list((corpus / "model" / "tensorboard").rglob("events.out.tfevents.*"))


@pytest.mark.slow
def test_accumulated_steps_are_measured_as_others(run, corpus):
    settings = ["training.accumulation_steps=2", "training.label_smoothing=0.0", "training.epochs=2"]
    options = [part for setting in settings for part in ("--set", setting)]
    assert run("train", corpus / "recipe.toml", "--output", corpus / "model", *options).status == 0
    history = read_history(corpus / "model" / "history.csv")
    # Keras weighs batches by their rows, the perplexity by their tokens.
    for loss, perplexity in zip(history["val_loss"], history["val_perplexity"], strict=True):
        assert loss == pytest.approx(math.log(perplexity), rel=0.01)


@pytest.mark.slow
def test_a_compiled_step_sees_few_shapes(run, corpus):
    settings = ["training.jit_compile=true", "training.epochs=3"]
    options = [part for setting in settings for part in ("--set", setting)]
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *options)
    assert result.status == 0, result.errors
    losses = read_history(corpus / "model" / "history.csv")["val_loss"]
    assert losses[-1] < losses[0]


@pytest.mark.slow
def test_the_weights_may_be_a_moving_average(run, corpus):
    settings = ["training.ema_momentum=0.5", "training.average_checkpoints=1", "training.epochs=4"]
    options = [part for setting in settings for part in ("--set", setting)]
    result = run("train", corpus / "recipe.toml", "--output", corpus / "model", *options)
    assert result.status == 0
    weights = json.loads((corpus / "model" / "scores.json").read_text())["weights"]
    # Validation compares them with the raw weights of the last epoch.
    assert (weights["epochs"], weights["best_epoch"]) == ([], 4)
    assert weights["kept"] == ("averaged" if weights["averaged"] <= weights["single"] else "single")
    assert f"Moving average: val_perplexity {weights['averaged']:.4f}." in result.errors
    assert weights["kept"] == "averaged", weights
    translator = Translator.load(corpus / "model")
    with np.load(corpus / "model" / "checkpoints" / "state.npz") as state:
        arrays = [state[name] for name in sorted(state.files) if name.startswith("optimizer_")]
    # The averages follow the number of iterations, one for each weight.
    weights = translator.model.get_weights()
    for weight, average in zip(weights, arrays[1 : 1 + len(weights)], strict=True):
        np.testing.assert_array_equal(weight, average)
