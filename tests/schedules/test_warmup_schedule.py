"""Tests of the learning rate: the paper's formula, its peak, and a saved optimizer."""

import keras
import numpy as np
import pytest

from keras_transformer.schedules import WarmupSchedule


@pytest.mark.parametrize("warmup_steps", [100, 4000])
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_rate_is_the_formula_of_the_paper(warmup_steps, scale):
    schedule = WarmupSchedule(hidden_dim=512, warmup_steps=warmup_steps, scale=scale)
    for step in (1, 10, warmup_steps - 1, warmup_steps, warmup_steps + 1, 10 * warmup_steps):
        expected = scale * 512**-0.5 * min(step**-0.5, step * warmup_steps**-1.5)
        np.testing.assert_allclose(schedule(step), expected, rtol=1e-6)


def test_peak_is_the_rate_at_the_end_of_the_warmup():
    schedule = WarmupSchedule(warmup_steps=200, peak=0.0035)
    np.testing.assert_allclose(schedule(200), 0.0035, rtol=1e-6)
    np.testing.assert_allclose(schedule(100), 0.00175, rtol=1e-6)
    np.testing.assert_allclose(schedule(800), 0.00175, rtol=1e-6)
    rates = [float(schedule(step)) for step in range(1, 1000)]
    assert np.argmax(rates) == 199


def test_step_zero_has_the_rate_of_step_one():
    schedule = WarmupSchedule(hidden_dim=512, warmup_steps=100)
    assert schedule(0) == schedule(1) > 0


def test_default_warmup_is_the_papers():
    np.testing.assert_allclose(WarmupSchedule(hidden_dim=512)(4000), (512 * 4000) ** -0.5, rtol=1e-6)


@pytest.mark.parametrize(
    "arguments", [{"hidden_dim": 512, "warmup_steps": 100, "scale": 2.0}, {"peak": 0.002, "warmup_steps": 7}]
)
def test_config_round_trip(arguments):
    schedule = WarmupSchedule(**arguments)
    serialised = keras.optimizers.schedules.serialize(schedule)
    restored = keras.optimizers.schedules.deserialize(serialised)
    assert isinstance(restored, WarmupSchedule)
    assert restored.get_config() == schedule.get_config()
    assert {name: restored.get_config()[name] for name in arguments} == arguments


def test_it_is_saved_and_loaded_with_the_optimizer(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(WarmupSchedule(hidden_dim=512, warmup_steps=10)), "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), batch_size=1, epochs=5, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert int(loaded.optimizer.iterations) == 20
    np.testing.assert_allclose(float(loaded.optimizer.learning_rate), (512 * 20) ** -0.5, rtol=1e-6)


def test_exactly_one_of_hidden_dim_and_peak_is_needed():
    with pytest.raises(ValueError, match="either `hidden_dim` or `peak`. Received: hidden_dim=None, peak=None"):
        WarmupSchedule()
    with pytest.raises(ValueError, match="either `hidden_dim` or `peak`. Received: hidden_dim=512, peak=0.1"):
        WarmupSchedule(hidden_dim=512, peak=0.1)


@pytest.mark.parametrize(
    "arguments", [{"hidden_dim": 0}, {"hidden_dim": 8, "warmup_steps": 0}, {"hidden_dim": 8, "scale": -1}, {"peak": 0}]
)
def test_numbers_must_be_positive(arguments):
    name, number = list(arguments.items())[-1]
    with pytest.raises(ValueError, match=f"`{name}` must be positive. Received: {name}={number}"):
        WarmupSchedule(**arguments)
