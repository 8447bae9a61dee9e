"""Imports TensorFlow for a command with oneDNN and without its messages.

On import, TensorFlow writes messages about oneDNN and missing CUDA drivers to file descriptor 2. Set
TF_CPP_MIN_LOG_LEVEL to 0, 1 or 2 to see them.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import pathlib
import sys

from keras_transformer.onednn import use_onednn
from keras_transformer.processes.command_process import end_in_order, is_command
from keras_transformer.processes.keras_backend import check_backend
from keras_transformer.processes.standard_error import standard_error_held_back

_THREADS_VARIABLE = "TF_NUM_INTRAOP_THREADS"


def import_tensorflow_quietly(threads=None):
    """Imports TensorFlow, unless it is imported already.

    Args:
        threads: number of threads of an operation, unless TF_NUM_INTRAOP_THREADS is set. Default: all cores.

    Raises:
        InputError: the Keras backend of the environment variable is not installed.
    """
    if "tensorflow" in sys.modules:
        return
    check_backend()
    use_onednn()
    # TensorFlow raises its errors in Python as well. Other messages that it logs as errors are not errors.
    is_quiet = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3"
    with _uninterrupted(), _uncollected(), standard_error_held_back() if is_quiet else contextlib.nullcontext():
        if is_command():
            _load_libraries()
        tensorflow = importlib.import_module("tensorflow")
        if threads is not None and not os.environ.get(_THREADS_VARIABLE):
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        # The search for a GPU writes messages at its first use.
        tensorflow.config.list_physical_devices()


@contextlib.contextmanager
def _uninterrupted():
    """Lets a signal end the process of a command at once within the block, because imports cannot be interrupted."""
    if not is_command():
        yield
        return
    end_in_order(False)
    try:
        yield
    finally:
        end_in_order()


@contextlib.contextmanager
def _uncollected():
    """Stops Python's garbage collection within the block, which takes a quarter of the time of importing TensorFlow.

    Objects of the imported modules are never garbage. Later collections of a command skip them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_command():
            gc.freeze()
        if was_enabled:
            gc.enable()


def _load_libraries():
    """Loads TensorFlow's large libraries before Python imports them, because imports block signals."""
    package = importlib.util.find_spec("tensorflow")
    with contextlib.suppress(AttributeError, OSError):
        load = ctypes.CDLL(None).dlopen
        load.argtypes = [ctypes.c_char_p, ctypes.c_int]
        for library in sorted(pathlib.Path(package.origin).parent.glob("libtensorflow_*.so.2"), reverse=True):
            load(os.fsencode(library), os.RTLD_NOW)
