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
