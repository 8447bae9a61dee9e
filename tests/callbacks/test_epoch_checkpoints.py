import json

import h5py
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


def numbers_in(path):
    """Returns the number of values in a weights file."""
    sizes = []
    with h5py.File(path) as file:
        file.visititems(lambda name, item: sizes.append(item.size) if isinstance(item, h5py.Dataset) else None)
    return sum(sizes)


def test_the_weights_of_the_last_epochs_are_kept(make_model, fit, tmp_path):
    fit(make_model(), EpochCheckpoints(tmp_path, keep=2), epochs=4)
    assert names(tmp_path) == ["epoch_0003.weights.h5", "epoch_0004.weights.h5"]


@pytest.mark.parametrize(("mode", "best", "displaced"), [("max", [2, 5, 3], set()), ("min", [1, 6, 4], {3})])
def test_the_best_epochs_are_kept_in_addition_to_the_last(make_model, fit, tmp_path, mode, best, displaced, scores):
    checkpoints = EpochCheckpoints(tmp_path, keep=1, keep_best=3, monitor="score", mode=mode)
    fit(make_model(), scores(1.0, 9.0, 7.0, 5.0, 8.0, 2.0), checkpoints, epochs=6)
    assert checkpoints.best_epochs == best
    assert checkpoints.last_epochs == [6]
    assert names(tmp_path) == [f"epoch_{number:04d}.weights.h5" for number in sorted({6, *best, *displaced})]


def test_an_incomplete_epoch_that_is_trained_again_displaces_no_epoch(make_model, fit, tmp_path, scores):
    options = {"keep": 1, "keep_best": 1, "monitor": "score", "mode": "max"}
    model, checkpoints = make_model(), EpochCheckpoints(tmp_path, **options)
    fit(model, scores(20.0), checkpoints, epochs=1)
    state = checkpoints.get_state()
    fit(model, scores(20.0, 25.0), checkpoints, epochs=2, initial_epoch=1)  # Interrupted in the second epoch.
    resumed = EpochCheckpoints(tmp_path, **options)
    resumed.set_state(state)
    fit(model, scores(20.0, 19.0, 18.0), resumed, epochs=3, initial_epoch=1)
    assert resumed.best_epochs == [1]
    assert names(tmp_path) == ["epoch_0001.weights.h5", "epoch_0003.weights.h5"]


def test_an_epoch_before_a_missing_epoch_is_not_among_the_last(make_model, fit, tmp_path):
    checkpoints = EpochCheckpoints(tmp_path, keep=4)
    fit(make_model(), checkpoints, epochs=4)
    (tmp_path / "epoch_0002.weights.h5").unlink()
    assert checkpoints.last_epochs == [3, 4]


def test_a_score_that_is_no_number_is_not_among_the_best(make_model, fit, tmp_path, scores):
    checkpoints = EpochCheckpoints(tmp_path, keep=1, keep_best=1, monitor="score", mode="max")
    fit(make_model(), scores(float("nan"), 2.0, 4.0, 3.0), checkpoints, epochs=4)
    assert checkpoints.best_epochs == [3]


def test_weights_of_a_subclassed_model_are_averaged(fit, tmp_path):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(4)

        def build(self, shape):
            self.dense.build(shape)
            self.built = True

        def call(self, inputs):
            return self.dense(inputs)

    model, remember, checkpoints = Model(), RememberWeights(), EpochCheckpoints(tmp_path, keep=2)
    model.compile(keras.optimizers.Adam(0.1), loss="mse", jit_compile=False)
    fit(model, remember, checkpoints, epochs=3)
    checkpoints.average(model)
    for weight, *weights in zip(model.get_weights(), *remember.epochs[1:], strict=True):
        np.testing.assert_allclose(weight, np.mean(weights, axis=0), rtol=1e-6)
    assert numbers_in(tmp_path / "epoch_0003.weights.h5") == model.count_params()
    fit(model, epochs=1)  # The model can still be trained.


def test_of_equally_good_epochs_the_earlier_is_kept(make_model, fit, tmp_path, scores):
    checkpoints = EpochCheckpoints(tmp_path, keep=1, keep_best=1, monitor="score")
    fit(make_model(), scores(1.0, 1.0, 1.0), checkpoints, epochs=3)
    assert checkpoints.best_epochs == [1]


def test_epochs_of_an_earlier_training_are_not_taken_for_its_own(make_model, fit, tmp_path):
    fit(make_model(), EpochCheckpoints(tmp_path, keep=3), epochs=6)
    fit(make_model(), EpochCheckpoints(tmp_path, keep=3), epochs=2)
    assert names(tmp_path) == ["epoch_0001.weights.h5", "epoch_0002.weights.h5"]


def test_a_monitor_that_no_epoch_has_is_reported(make_model, fit, tmp_path):
    checkpoints = EpochCheckpoints(tmp_path, keep_best=1, monitor="val_los")
    with pytest.warns(UserWarning, match="EpochCheckpoints monitors 'val_los', which was not in the logs.*had: loss"):
        fit(make_model(), checkpoints)


@pytest.mark.parametrize(("epochs", "averaged"), [(None, [3, 4, 5]), ([4, 5], [4, 5]), ([3], [3])])
def test_the_average_is_the_mean_of_the_epochs(make_model, fit, tmp_path, epochs, averaged):
    remember = RememberWeights()
    model = make_model()
    checkpoints = EpochCheckpoints(tmp_path, keep=3)
    fit(model, checkpoints, remember, epochs=5)
    checkpoints.average(model, epochs)
    kept = [remember.epochs[number - 1] for number in averaged]
    for weight, weights in zip(model.get_weights(), zip(*kept, strict=True), strict=True):
        np.testing.assert_array_equal(weight, np.mean(weights, axis=0, dtype="float64").astype("float32"))


def test_another_process_averages_the_best(make_model, fit, tmp_path, scores):
    checkpoints = EpochCheckpoints(tmp_path, keep=1, keep_best=1, monitor="score")
    fit(make_model(), scores(2.0, 1.0, 3.0), checkpoints, epochs=3)
    later = EpochCheckpoints(tmp_path, keep=1, keep_best=1, monitor="score")
    later.set_state(json.loads(json.dumps(checkpoints.get_state())))
    assert later.best_epochs == [2]


def test_unfinished_and_foreign_files_are_passed_over(make_model, fit, tmp_path):
    fit(make_model(), EpochCheckpoints(tmp_path), epochs=1)
    for name in ("unfinished_epoch_0002.weights.h5", "notes.txt"):
        (tmp_path / name).write_text("not a checkpoint")
    checkpoints = EpochCheckpoints(tmp_path)
    assert checkpoints.last_epochs == [1]
    checkpoints.average(make_model())


def test_a_failure_while_writing_keeps_the_last_checkpoint(make_model, fit, tmp_path, largest_file):
    model = make_model()
    checkpoints = EpochCheckpoints(tmp_path, keep=1)
    fit(model, checkpoints, epochs=1)
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}

    with pytest.raises(OSError, match="File too large: .*epoch_0002.weights.h5"), largest_file(100):
        fit(model, checkpoints, epochs=2, initial_epoch=1)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before
    assert checkpoints.last_epochs == [1]


def test_without_a_checkpoint_there_is_nothing_to_average(make_model, fit, tmp_path):
    checkpoints = EpochCheckpoints(tmp_path / "missing")
    with pytest.raises(InputError, match=r"missing: there is no checkpoint to average\."):
        checkpoints.average(make_model())
    fit(make_model(), checkpoints, epochs=1)
    with pytest.raises(InputError, match=r"missing: there is no checkpoint of epoch 7 to average\."):
        checkpoints.average(make_model(), [1, 7])


def test_epochs_that_were_not_evaluated_are_none_of_the_best(make_model, fit, tmp_path):
    class EverySecond(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch % 2:
                logs["score"] = [20.0, 30.0, 10.0][epoch // 2]

    checkpoints = EpochCheckpoints(tmp_path, keep=1, keep_best=2, monitor="score", mode="max")
    fit(make_model(), EverySecond(), checkpoints, epochs=6)
    assert checkpoints.best_epochs == [4, 2]

    # Scores of an earlier training with the same callback are ignored, too.
    with pytest.warns(UserWarning, match="monitors 'score', which was not in the logs"):
        fit(make_model(), checkpoints, epochs=2)
    assert checkpoints.best_epochs == []


def test_scores_of_another_monitor_are_forgotten(make_model, fit, scores, tmp_path):
    checkpoints = EpochCheckpoints(tmp_path, keep_best=1, monitor="score")
    fit(make_model(), scores(1.0), checkpoints, epochs=1)
    later = EpochCheckpoints(tmp_path, keep_best=1, monitor="loss")
    later.set_state(checkpoints.get_state())
    assert later.best_epochs == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keep_best": -1}, r"`keep_best` must not be negative\. Received: keep_best=-1\."),
        ({"mode": "auto"}, r"`mode` must be min or max\. Received: mode='auto'\."),
    ],
)
def test_arguments_out_of_range_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        EpochCheckpoints(tmp_path, **arguments)


def test_at_least_one_epoch_is_kept(tmp_path):
    with pytest.raises(ValueError, match=r"`keep` must be at least 1\. Received: keep=0\."):
        EpochCheckpoints(tmp_path, keep=0)


def test_a_checkpoint_holds_weights_alone(make_model, fit, tmp_path):
    model = make_model()
    model.compile("adam", "mse")
    fit(model, EpochCheckpoints(tmp_path), epochs=1)
    assert numbers_in(tmp_path / "epoch_0001.weights.h5") == model.count_params()
    other = make_model()  # Keras without this library loads it.
    keras.Model(other.inputs, other.outputs).load_weights(tmp_path / "epoch_0001.weights.h5")
    for found, weight in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, weight)


def test_a_damaged_checkpoint_is_named(make_model, fit, tmp_path):
    checkpoints = EpochCheckpoints(tmp_path, keep=2)
    fit(make_model(), checkpoints, epochs=2)
    path = tmp_path / "epoch_0001.weights.h5"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"epoch_0001\.weights\.h5: of another model, or damaged"):
        checkpoints.average(make_model())
    path.unlink()
    checkpoints.average(make_model())


def test_weights_of_float64_keep_their_digits(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, dtype="float64")])
    model.compile("sgd", "mse")
    checkpoints = EpochCheckpoints(tmp_path, keep=1)
    model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0, callbacks=[checkpoints])
    trained = model.get_weights()
    checkpoints.average(model)
    assert all((a == b).all() for a, b in zip(model.get_weights(), trained, strict=True))


def test_a_score_of_several_numbers_is_refused(make_model, fit, tmp_path, scores):
    checkpoints = EpochCheckpoints(tmp_path, keep_best=1, monitor="score")
    with pytest.raises(ValueError, match=r"`monitor` must be a single number\. Received: score, 2 numbers"):
        fit(make_model(), scores(np.array([0.5, 0.25])), checkpoints)


def test_best_epochs_can_be_asked_for_in_a_resumed_training(make_model, fit, tmp_path, scores):
    checkpoints = EpochCheckpoints(tmp_path, keep=3, monitor="score", mode="max")
    fit(make_model(), scores(5.0, 9.0, 7.0, 8.0), checkpoints, epochs=4)
    assert checkpoints.best_epochs == []
    later = EpochCheckpoints(tmp_path, keep=1, keep_best=2, monitor="score", mode="max")
    later.set_state(json.loads(json.dumps(checkpoints.get_state())))
    assert later.best_epochs == [2, 4]
