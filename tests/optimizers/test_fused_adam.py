"""Tests that the fused optimizer equals Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.optimizers import FusedAdam

ARGUMENTS = {"beta_2": 0.98, "epsilon": 1e-9}
X = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")


def trained(optimizer, **arguments):
    """Returns the weights after four steps, and the variables of the optimizer."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)])
    model.compile(optimizer, "mse", jit_compile=False, **arguments)
    model.fit(X, X[:, :1], batch_size=4, epochs=2, shuffle=False, verbose=0)
    return [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"weight_decay": 0.1, "global_clipnorm": 0.1},
        {"gradient_accumulation_steps": 2},
        {"use_ema": True},
        {"amsgrad": True},
    ],
    ids=lambda arguments: next(iter(arguments), "default"),
)
def test_steps_are_those_of_keras(arguments):
    schedules = [keras.optimizers.schedules.PolynomialDecay(0.1, 10) for _ in range(2)]
    found = trained(FusedAdam(schedules[0], **ARGUMENTS, **arguments))
    expected = trained(keras.optimizers.Adam(schedules[1], **ARGUMENTS, **arguments))
    for found_value, expected_value in zip(found, expected, strict=True):
        np.testing.assert_allclose(found_value, expected_value, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [{"jit_compile": True}, {"run_eagerly": True}, {"steps_per_execution": 2}])
def test_every_way_to_run_a_step_gives_the_same(arguments):
    arguments = {"jit_compile": False, **arguments}
    for found, expected in zip(trained_by(FusedAdam, arguments), trained_by(keras.optimizers.Adam, arguments)):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def trained_by(optimizer_class, arguments):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    model.compile(optimizer_class(0.1, **ARGUMENTS), "mse", **arguments)
    model.fit(X, X[:, :1], batch_size=4, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


def test_loss_scaling_skips_steps_that_overflow():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.LossScaleOptimizer(FusedAdam(0.1)), "mse", jit_compile=False)
    before = model.get_weights()
    model.train_on_batch(np.full((1, 1), 1e30, "float32"), np.zeros((1, 1)))
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_graphs_have_few_operations():
    def number_of_operations(optimizer):
        weights = [keras.Variable(np.ones((2, 2), "float32")) for _ in range(5)]
        optimizer.build(weights)
        step = tf.function(lambda: optimizer.apply([tf.ones((2, 2))] * len(weights)))
        return len(step.get_concrete_function().graph.get_operations())

    assert number_of_operations(FusedAdam(0.1)) < number_of_operations(keras.optimizers.Adam(0.1)) / 2


def test_config_round_trip():
    optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(FusedAdam(0.5, **ARGUMENTS)))
    assert isinstance(optimizer, FusedAdam)
    assert optimizer.beta_2 == 0.98
