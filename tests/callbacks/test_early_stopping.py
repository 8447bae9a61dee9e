import json

import keras
import pytest

from keras_transformer.callbacks import EarlyStopping


@pytest.mark.parametrize(("mode", "sign"), [("max", 1), ("min", -1)])
def test_training_stops_when_patience_has_run_out(make_model, fit, mode, sign, scores):
    each = scores(*(sign * score for score in (1.0, 3.0, 2.0, 3.0, 1.0, 9.0)))
    stopping = EarlyStopping("score", mode=mode, patience=2)
    history = fit(make_model(), each, stopping, epochs=6).history
    assert len(history["score"]) == 4
    assert stopping.is_over


def test_it_continues_from_its_state(make_model, fit, scores):
    values = (1.0, 3.0, 2.0, 2.5, 1.0, 9.0)
    before = EarlyStopping("score", mode="max", patience=3)
    fit(make_model(), scores(*values), before, epochs=3)
    assert not before.is_over
    state = json.loads(json.dumps(before.get_state()))

    class Restore(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            after.set_state(state)

    after = EarlyStopping("score", mode="max", patience=3)
    history = fit(make_model(), scores(*values), after, Restore(), epochs=6, initial_epoch=3).history
    assert history["score"] == [2.5, 1.0]
    assert after.is_over


def test_epochs_without_the_score_use_up_no_patience(make_model, fit):
    class EverySecond(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch % 2:
                logs["score"] = 1.0

    stopping = EarlyStopping("score", mode="max", patience=2)
    assert len(fit(make_model(), EverySecond(), stopping, epochs=9).history["loss"]) == 6


def test_epochs_before_those_it_looks_at_are_no_fault(make_model, fit):
    stopping = EarlyStopping("loss", patience=2, start_from_epoch=5)
    fit(make_model(), stopping, epochs=2)
    assert not stopping.is_over


def test_the_state_of_another_monitor_is_forgotten():
    before = EarlyStopping("val_bleu", mode="max", patience=2)
    before.set_state({"monitor": "val_bleu", "best": 30.0, "best_epoch": 3, "wait": 2})
    assert before.is_over
    after = EarlyStopping("val_loss", mode="min", patience=2)
    after.on_train_begin()
    after.set_state(before.get_state())
    assert not after.is_over
    assert after.best is None


def test_weights_that_no_state_holds_are_refused():
    with pytest.raises(ValueError, match="`restore_best_weights` is not supported"):
        EarlyStopping("val_loss", restore_best_weights=True)


def test_a_monitor_that_no_epoch_has_is_reported(make_model, fit):
    with pytest.warns(UserWarning, match="EarlyStopping monitors 'val_los', which was not in the logs.*had: loss"):
        fit(make_model(), EarlyStopping("val_los", mode="min"))
