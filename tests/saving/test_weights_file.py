import shutil
import subprocess
import sys
import time

import h5py
import keras
import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.saving.weights_check import check_weights
from keras_transformer.saving.weights_file import load_weights, save_weights

CONFIG = TransformerConfig(
    vocabulary_size=40,
    num_encoder_layers=1,
    num_decoder_layers=1,
    hidden_dim=8,
    intermediate_dim=12,
    num_heads=2,
    max_length=9,
)
DENSE = "layers/transformer_encoder/feed_forward/output_dense/vars/0"
SHAPE = (12, 8)


@pytest.fixture(scope="module")
def model():
    return build_transformer(CONFIG)


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "model.weights.h5"
    save_weights(model, path)
    return path


@pytest.fixture
def file(saved, tmp_path):
    """An open copy to damage, with its path."""
    path = shutil.copy(saved, tmp_path / "model.weights.h5")
    with h5py.File(path, "r+") as file:
        yield file


def assert_refused(file, *parts, function=check_weights, of=CONFIG):
    path = file.filename
    file.close()
    arguments = (path, of) if function is check_weights else (of, path)
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        function(*arguments)
    assert time.process_time() - start < 2
    message = str(caught.value)
    assert "\n" not in message
    for part in (path, *parts):
        assert part in message


def test_a_saved_file_fits(saved):
    check_weights(saved, CONFIG)


def replaced(file, **arguments):
    del file[DENSE]
    file.create_dataset(DENSE, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": np.zeros(SHAPE, "int32")}, "has the type int32 instead of float32"),
        ({"data": np.zeros(SHAPE, "bool")}, "has the type bool instead of float32"),
        ({"data": np.zeros(SHAPE, "complex64")}, "has the type complex64 instead of float32"),
        ({"data": np.zeros(SHAPE, "S4")}, "instead of float32"),
        ({"data": np.zeros((8, 12), "float32")}, "has the shape (8, 12) instead of (12, 8)"),
        ({"data": h5py.Empty("float32")}, "is not stored as Keras stores a weight"),
        ({"shape": (10**9, 10**9), "dtype": "float32"}, "is not stored as Keras stores a weight"),
        ({"shape": SHAPE, "dtype": "float32"}, "is not stored as Keras stores a weight"),
        ({"data": np.zeros(SHAPE, "float32"), "chunks": SHAPE}, "is not stored as Keras stores a weight"),
        ({"data": np.zeros(SHAPE, "float32"), "compression": "gzip"}, "is not stored as Keras stores a weight"),
        (
            {"shape": (30_000, 30_000), "chunks": (30_000, 30_000), "dtype": "float32"},
            "is not stored as Keras stores a weight",
        ),
        ({"shape": SHAPE, "dtype": "float32", "external": [("/etc/passwd", 0, 384)]}, "not stored as Keras"),
    ],
    ids=str,
)
def test_a_weight_that_keras_would_not_have_written_is_refused(file, arguments, message):
    replaced(file, **arguments)
    assert_refused(file, DENSE, message)


@pytest.mark.parametrize("link", [h5py.SoftLink("/layers"), h5py.ExternalLink("other.h5", "/layers")], ids=str)
@pytest.mark.parametrize("name", [DENSE, "layers", "other"])
def test_a_link_is_refused(file, link, name):
    if name in file:
        del file[name]
    file[name] = link
    assert_refused(file, "is a link")


def test_a_virtual_weight_is_refused(file):
    layout = h5py.VirtualLayout(SHAPE, "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "weights", SHAPE)
    del file[DENSE]
    file.create_virtual_dataset(DENSE, layout)
    assert_refused(file, DENSE, "is not stored as Keras stores a weight")


def test_groups_without_an_end_are_refused(file):
    file["layers"]["again"] = file["layers"]
    assert_refused(file)


@pytest.mark.parametrize("make", [lambda number: "a/" * number, lambda number: f"layers/{number}"])
def test_thousands_of_groups_are_refused(file, make):
    for number in [3000] if make(1) == "a/" else range(3000):
        file.create_group(make(number))
    assert_refused(file)


def test_a_type_in_place_of_a_weight_is_refused(file):
    file["layers/type"] = np.dtype("float32")
    assert_refused(file, "layers/type is not a weight")


def test_a_weight_too_many_is_refused(file):
    file["layers/more/vars/0"] = np.zeros(3, "float32")
    assert_refused(file, "weights instead of")


@pytest.mark.parametrize(
    "change",
    [
        {"num_encoder_layers": 1000},
        {"num_decoder_layers": 10**9},
        {"hidden_dim": 2**30},
        {"intermediate_dim": 10**7},
        {"vocabulary_size": 10**9, "target_vocabulary_size": 10**9},
    ],
    ids=str,
)
def test_a_config_of_any_size_is_compared_at_once(file, change):
    config = TransformerConfig.from_dict({**CONFIG.to_dict(), **change})
    assert_refused(file, "the weights do not match the config", of=config)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_is_refused(file, model, value):
    file[DENSE][3, 4] = value
    assert_refused(file, "output", "is not finite", function=load_weights, of=model)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool", "complex64", "int64"])
def test_a_weight_of_another_kind_is_not_loaded(file, model, dtype):
    numbers = file[DENSE][()]
    del file[DENSE]
    file[DENSE] = numbers.astype(dtype)
    assert_refused(file, f"{DENSE} has the type {dtype} instead of float32", function=load_weights, of=model)


def test_the_message_about_another_file_is_the_callers(model, tmp_path):
    (tmp_path / "epoch.weights.h5").write_text("none")
    with pytest.raises(InputError, match=r"epoch.weights.h5: damaged \(.*\); go on\.$"):
        load_weights(model, tmp_path / "epoch.weights.h5", "damaged ({reason}); go on")


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "float64"])
def test_weights_of_other_precisions_are_loaded(model, tmp_path, policy):
    keras.config.set_dtype_policy(policy)
    save_weights(build_transformer(CONFIG), tmp_path / "model.weights.h5")
    check_weights(tmp_path / "model.weights.h5", CONFIG)
    load_weights(model, tmp_path / "model.weights.h5")


COMPRESSED = """
import resource, sys
from keras_transformer.models import TransformerConfig
from keras_transformer.saving.weights_file import check_weights
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    check_weights(sys.argv[1], TransformerConfig(vocabulary_size=10))
except ValueError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_file_that_would_become_gigabytes_takes_no_memory(file):
    data = file.create_dataset("layers/bomb", (2**28,), "float32", chunks=(2**28,), compression="gzip", fillvalue=1)
    data.id.write_direct_chunk((0,), b"x\x9c" + bytes(2**20))
    path = file.filename
    file.close()
    result = subprocess.run([sys.executable, "-c", COMPRESSED, path], capture_output=True, text=True, check=True)
    message, kibibytes = result.stdout.splitlines()
    assert "layers/bomb is not stored as Keras stores a weight" in message
    assert int(kibibytes) < 50_000
