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


def test_it_goes_on_from_its_state(make_model, fit, scores):
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
