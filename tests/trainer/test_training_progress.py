import types

import keras
import numpy as np
import pytest

from keras_transformer.callbacks import StopAfterSteps
from keras_transformer.trainer import training_progress
from keras_transformer.trainer.training_progress import TrainingProgress


@pytest.fixture
def printed(capsys):
    """Trains for an epoch of 14 steps from a step on; returns the printed lines."""

    def printed(step=0, stop=None, verbose=2, steps=14):
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        callbacks = [TrainingProgress(types.SimpleNamespace(step=step))]
        if stop:
            callbacks.append(StopAfterSteps(stop))
        data = np.ones((steps, 2), "float32")
        model.fit(data, data[:, :1], batch_size=1, epochs=1, callbacks=callbacks, verbose=verbose)
        return capsys.readouterr().out.splitlines()

    return printed


def test_a_whole_epoch_counts_all_its_steps(printed):
    (line,) = printed()
    assert line.startswith("14/14 - ")
    assert "loss: " in line


def test_an_epoch_that_is_stopped_counts_those_it_had(printed):
    (line,) = printed(stop=6)
    assert line.startswith(" 6/14 - ")


def test_a_resumed_epoch_counts_the_steps_before(printed):
    (line,) = printed(step=5, stop=3)
    assert line.startswith(" 8/14 - ")


def test_a_bar_counts_alike(printed):
    last = "".join(printed(stop=6, verbose=1)).rsplit("\r", 1)[-1]
    assert "6/14" in last
    assert "14/14" not in last


def test_a_long_epoch_shows_lines_in_its_middle(printed, monkeypatch):
    monkeypatch.setattr(training_progress, "_SECONDS", 0)
    lines = printed()
    assert [line.split(" - ")[0].strip() for line in lines] == [f"{step}/14" for step in range(1, 15)]
    assert all("loss: " in line for line in lines)
