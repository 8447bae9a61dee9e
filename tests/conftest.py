"""Fixtures of all tests: a reproducible Keras without messages, a tiny model, and the folder of parallel data."""

import contextlib
import os
import pathlib
import resource
import signal
import sys

import keras_transformer as kt

# TensorFlow reads both when it is imported.
kt.use_onednn()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Triton, which comes with PyTorch for GPUs, crashes in a process that has loaded TensorFlow. PyTorch does without it.
sys.modules["triton"] = None

# Processes in the background of a shell ignore Ctrl-C. The commands that tests start would inherit this.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import keras
import pytest

from keras_transformer.models import TransformerConfig, build_transformer

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def fresh_keras():
    """Every test starts from the same seed and dtype policy.

    `keras.utils.clear_session` is not used: it destroys the resource of every living SentencePiece tokenizer.
    """
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def largest_file():
    """A context manager that limits the size of files. Writers fail as on a full disk."""

    @contextlib.contextmanager
    def largest_file(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return largest_file


@pytest.fixture(scope="session")
def oracle():
    """The module of the reference implementation."""
    return pytest.importorskip("oracle")


@pytest.fixture
def tiny_config():
    return TransformerConfig(
        vocabulary_size=50,
        num_encoder_layers=1,
        num_decoder_layers=2,
        hidden_dim=16,
        intermediate_dim=32,
        num_heads=2,
        max_length=12,
    )


@pytest.fixture
def tiny_model(tiny_config):
    return build_transformer(tiny_config)


@pytest.fixture(scope="session")
def parallel_data():
    """The folder of parallel corpora: `KERAS_TRANSFORMER_DATA`, or `../shared/data` by default."""
    folder = pathlib.Path(os.environ.get("KERAS_TRANSFORMER_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no parallel data in {folder}; set KERAS_TRANSFORMER_DATA")
    return folder


@pytest.fixture(scope="session")
def cases(parallel_data):
    """The folder of small inputs of earlier bugs."""
    folder = parallel_data / "cases"
    if not folder.is_dir():
        pytest.skip(f"no small inputs in {folder}")
    return folder
