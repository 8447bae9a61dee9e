"""Imports TensorFlow for a command with oneDNN and without its messages.

On import, TensorFlow writes messages about oneDNN and missing CUDA drivers to file descriptor 2. Set
TF_CPP_MIN_LOG_LEVEL to 0, 1 or 2 to see them.
"""

import contextlib
import ctypes
import importlib
import importlib.util
import os
import pathlib
import sys

from keras_transformer.errors import InputError
from keras_transformer.onednn import use_onednn
from keras_transformer.processes.command_process import is_command
from keras_transformer.processes.standard_error import standard_error_held_back


def import_tensorflow_quietly():
    """Imports TensorFlow, unless it is imported already.

    Raises:
        InputError: the Keras backend of the environment variable is not installed.
    """
    if "tensorflow" in sys.modules:
        return
    _check_backend()
    use_onednn()
    # TensorFlow raises its errors in Python as well. Other messages that it logs as errors are not errors.
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        return
    with standard_error_held_back():
        if is_command():
            _load_libraries()
        tensorflow = importlib.import_module("tensorflow")
        # The search for a GPU writes messages at its first use.
        tensorflow.config.list_physical_devices()


def _check_backend():
    backend = os.environ.get("KERAS_BACKEND")
    if backend and importlib.util.find_spec(backend.partition(".")[0]) is None:
        raise InputError(
            f"KERAS_BACKEND is {ascii(backend)[1:-1]}, which is not installed. Install it, or set "
            "KERAS_BACKEND=tensorflow."
        )


def _load_libraries():
    """Loads TensorFlow's large libraries before Python imports them, because imports block signals."""
    package = importlib.util.find_spec("tensorflow")
    with contextlib.suppress(AttributeError, OSError):
        load = ctypes.CDLL(None).dlopen
        load.argtypes = [ctypes.c_char_p, ctypes.c_int]
        for library in sorted(pathlib.Path(package.origin).parent.glob("libtensorflow_*.so.2"), reverse=True):
            load(os.fsencode(library), os.RTLD_NOW)
