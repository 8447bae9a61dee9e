import math

import keras
import numpy as np
import pytest

from keras_transformer.callbacks import EpochCheckpoints, StopOnNonFiniteLoss
from keras_transformer.errors import InputError


class SpoilWeights(keras.callbacks.Callback):
    """Sets the weights to NaN after a batch, as a step that is too large does."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            self.model.set_weights([np.full_like(weight, math.nan) for weight in self.model.get_weights()])


def test_a_finite_loss_passes(make_model, fit):
    fit(make_model(), StopOnNonFiniteLoss(), epochs=2)


@pytest.mark.parametrize(
    ("checkpoint", "kept"), [("there", ". The last checkpoint is kept"), ("missing", ""), (None, "")]
)
def test_a_loss_that_is_not_a_number_names_epoch_and_step(make_model, fit, tmp_path, checkpoint, kept):
    (tmp_path / "there").touch()
    callback = StopOnNonFiniteLoss(checkpoint and tmp_path / checkpoint)
    message = rf"^Training stopped: the loss is nan in epoch 2, at step 5 in all{kept}\. Lower the learning rate"
    with pytest.raises(InputError, match=message):
        fit(make_model(), callback, SpoilWeights(4), epochs=3)


def test_weights_spoilt_by_the_last_step_reach_no_checkpoint(make_model, fit, tmp_path):
    callbacks = [StopOnNonFiniteLoss(), SpoilWeights(6), EpochCheckpoints(tmp_path)]
    validation_data = (np.ones((2, 2), "float32"), np.ones((2, 4), "float32"))
    with pytest.raises(InputError, match=r"the validation loss is nan in epoch 2, at step 6 in all"):
        fit(make_model(), *callbacks, epochs=3, validation_data=validation_data)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch_0001.weights.h5"]


def test_infinity_is_not_finite_either(make_model):
    callback = StopOnNonFiniteLoss()
    callback.set_model(make_model())
    callback.on_epoch_begin(0)
    with pytest.raises(InputError, match="the loss is inf in epoch 1, at step 0 in all"):
        callback.on_train_batch_end(0, {"loss": math.inf})
