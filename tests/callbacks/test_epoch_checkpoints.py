import keras
import numpy as np
import pytest

from keras_transformer.callbacks import EpochCheckpoints
from keras_transformer.errors import InputError


class RememberWeights(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self.model.get_weights())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_weights_of_the_last_epochs_and_one_state_are_kept(make_model, fit, tmp_path):
    fit(make_model(), EpochCheckpoints(tmp_path, keep=2), epochs=4)
    assert names(tmp_path) == ["epoch_0003.weights.h5", "epoch_0004.keras", "epoch_0004.weights.h5"]


@pytest.mark.parametrize(("last", "averaged"), [(None, 3), (2, 2), (1, 1), (10, 3)])
def test_the_average_is_the_mean_of_the_last_epochs(make_model, fit, tmp_path, last, averaged):
    remember = RememberWeights()
    model = make_model()
    checkpoints = EpochCheckpoints(tmp_path, keep=3)
    fit(model, checkpoints, remember, epochs=5)
    checkpoints.average(model, last)
    for weight, epochs in zip(model.get_weights(), zip(*remember.epochs[-averaged:], strict=True), strict=True):
        np.testing.assert_array_equal(weight, np.mean(epochs, axis=0, dtype="float64").astype("float32"))


def test_a_restored_model_goes_on_as_if_nothing_had_happened(make_model, fit, tmp_path):
    model = make_model()
    checkpoints = EpochCheckpoints(tmp_path)
    fit(model, checkpoints, epochs=2, shuffle=False)
    restored, epochs = EpochCheckpoints(tmp_path).restore()
    assert epochs == 2
    assert int(restored.optimizer.iterations) == int(model.optimizer.iterations) == 6
    for each in (model, restored):
        fit(each, epochs=1, shuffle=False)
    for expected, weight in zip(model.get_weights(), restored.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-6)


def test_unfinished_and_foreign_files_are_passed_over(make_model, fit, tmp_path):
    fit(make_model(), EpochCheckpoints(tmp_path), epochs=1)
    for name in ("unfinished_epoch_0002.keras", "unfinished_epoch_0002.weights.h5", "notes.txt"):
        (tmp_path / name).write_text("not a checkpoint")
    model, epochs = EpochCheckpoints(tmp_path).restore()
    assert epochs == 1
    EpochCheckpoints(tmp_path).average(model)


def test_a_failure_while_writing_keeps_the_last_checkpoint(make_model, fit, tmp_path, monkeypatch):
    model = make_model()
    checkpoints = EpochCheckpoints(tmp_path, keep=1)
    fit(model, checkpoints, epochs=1)
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}

    def fail(path):
        path.write_text("half")
        raise OSError("no space left")

    monkeypatch.setattr(model, "save_weights", fail)
    with pytest.raises(OSError, match="no space left"):
        fit(model, checkpoints, epochs=2, initial_epoch=1)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert checkpoints.restore()[1] == 1


def test_without_a_checkpoint_there_is_nothing_to_restore_or_average(make_model, tmp_path):
    checkpoints = EpochCheckpoints(tmp_path / "missing")
    assert checkpoints.restore() == (None, 0)
    with pytest.raises(InputError, match=r"missing: there is no checkpoint to average\."):
        checkpoints.average(make_model())


def test_at_least_one_epoch_is_kept(tmp_path):
    with pytest.raises(ValueError, match=r"`keep` must be at least 1\. Received: keep=0\."):
        EpochCheckpoints(tmp_path, keep=0)
