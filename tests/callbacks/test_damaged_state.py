"""A damaged file of a training state is refused."""

import json

import keras
import numpy as np
import pytest
from counted_epochs import CountEpochs

from keras_transformer.callbacks import TrainingState
from keras_transformer.errors import InputError

DAMAGED = r"state\.npz: not the state of a training, or damaged\. Start a new training\."


def test_a_damaged_state_is_named(make_model, fit, tmp_path):
    path = tmp_path / "state.npz"
    fit(make_model(), TrainingState(path, 3))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=DAMAGED):
        TrainingState(path, 3).restore(make_model())


@pytest.mark.parametrize(("place", "value"), [(10, 99), (10, 12), (8, 1)], ids=["method 99", "bzip2", "encrypted"])
def test_entries_that_numpy_does_not_write_are_refused(make_model, fit, tmp_path, place, value):
    path = tmp_path / "state.npz"
    fit(make_model(), TrainingState(path, 3))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + place] = value  # In the first entry of the central directory.
    path.write_bytes(content)
    with pytest.raises(InputError, match=DAMAGED):
        TrainingState(path, 3).restore(make_model())


@pytest.mark.parametrize(
    "change",
    [
        *({"epoch": epoch} for epoch in ("x", 10**400, -5, 1.0, True, None)),
        *({"step": step} for step in (3, -1, "1")),
        *({"callbacks": states} for states in (5, [], {"CountEpochs": 5}, {"CountEpochs": None})),
        *({"last_callbacks": states} for states in (5, {"CountEpochs": 5})),
        {"steps_per_epoch": "3"},
        {"backend": 5},
        [],
        None,
        "text",
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_damaged_position_is_refused(make_model, fit, tmp_path, change):
    path, counter = tmp_path / "state.npz", CountEpochs()
    fit(make_model(), counter, TrainingState(path, 3, callbacks=[counter]))
    with np.load(path) as file:
        arrays = dict(file)
    position = json.loads(arrays["position"].tobytes())
    position = {**position, **change} if isinstance(change, dict) else change
    np.savez(path, **{**arrays, "position": np.frombuffer(json.dumps(position).encode(), "uint8")})
    with pytest.raises(InputError, match=DAMAGED):
        TrainingState(path, 3, callbacks=[CountEpochs()]).restore(make_model())


@pytest.mark.parametrize("change", ["nan", "inf", "float64 above float32", "int64", "bool", "complex64", "uint8"])
def test_damaged_weights_are_refused_and_nothing_is_restored(make_model, fit, tmp_path, change):
    path = tmp_path / "state.npz"
    fit(make_model(), TrainingState(path, 3))
    with np.load(path) as file:
        arrays = dict(file)
    kernel = arrays["model_0000"]
    if change in ("nan", "inf"):
        kernel[0, 0] = float(change)
    else:
        kernel = kernel.astype("float64") + 1e300 if "above" in change else kernel.astype(change)
    np.savez(path, **{**arrays, "model_0000": kernel})
    model = make_model()
    before = model.get_weights()
    with pytest.raises(InputError, match=DAMAGED):
        TrainingState(path, 3).restore(model)
    for found, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("name", "dtype"), [("optimizer_0000", "float32"), ("metric_0000", "complex64")])
def test_numbers_of_another_kind_are_refused(make_model, fit, tmp_path, name, dtype):
    path = tmp_path / "state.npz"
    fit(make_model(), TrainingState(path, 3))
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **{**arrays, name: arrays.get(name, np.zeros(())).astype(dtype)})
    with pytest.raises(InputError, match=DAMAGED):
        TrainingState(path, 3).restore(make_model())


def test_a_model_that_is_not_compiled_is_refused(make_model, fit, tmp_path):
    fit(make_model(), TrainingState(tmp_path / "state.npz", 3))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4)])
    with pytest.raises(ValueError, match="`model` must be compiled before `restore`"):
        TrainingState(tmp_path / "state.npz", 3).restore(model)


def test_a_state_that_would_fill_the_memory_is_refused(make_model, tmp_path):
    path = tmp_path / "state.npz"
    np.savez_compressed(path, position=np.zeros(1, "uint8"), model_0000=np.zeros(2**28, "uint8"))
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match=DAMAGED):
        TrainingState(path, steps_per_epoch=3).restore(make_model())
