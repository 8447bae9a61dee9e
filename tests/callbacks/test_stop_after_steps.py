import pytest

from keras_transformer.callbacks import StopAfterSteps


def test_training_ends_in_the_middle_of_an_epoch(make_model, fit):
    model = make_model()
    history = fit(model, StopAfterSteps(5), epochs=10)
    assert int(model.optimizer.iterations) == 5
    assert len(history.history["loss"]) == 2


def test_the_steps_of_an_earlier_fit_count(make_model, fit):
    model = make_model()
    fit(model, epochs=1)
    fit(model, StopAfterSteps(4), epochs=10)
    assert int(model.optimizer.iterations) == 4


@pytest.mark.parametrize("steps, expected", [(1, 2), (2, 2), (3, 3), (4, 5), (5, 5)])
def test_training_ends_with_the_execution_that_reaches_the_steps(make_model, fit, steps, expected):
    model = make_model(steps_per_execution=2)
    fit(model, StopAfterSteps(steps), epochs=10)
    # The three batches of an epoch are executions of two steps and of one.
    assert int(model.optimizer.iterations) == expected
