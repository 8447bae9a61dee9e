"""Imports TensorFlow, with its fast products and without its start-up chatter.

TensorFlow writes about oneDNN and missing CUDA drivers straight to file descriptor 2 before any log level counts, in
front of every command's output. Set TF_CPP_MIN_LOG_LEVEL to 0, 1 or 2 to see it.

On x86 processors without AVX512-VNNI, TensorFlow leaves oneDNN's matrix products off; with them a training step
took 0.86 of the time in float32, and 0.71 in bfloat16 (AMD Zen 3). Set TF_ENABLE_ONEDNN_OPTS to 0 to do without.

A backend of Keras that is not installed would end our command with a traceback, so that is looked at before.
"""

import contextlib
import ctypes
import importlib.util
import os
import pathlib
import platform
import sys
import tempfile

from keras_transformer.processes.command_process import EXIT_INTERRUPTED, begin_command, is_command

__all__ = ["EXIT_INPUT_ERROR", "EXIT_INTERRUPTED", "standard_error_held_back"]

EXIT_INPUT_ERROR = 2


@contextlib.contextmanager
def standard_error_held_back(shown_on_failure=True):
    """Holds back what is written to file descriptor 2, as TensorFlow's C++ does.

    Args:
        shown_on_failure: whether it is shown after all if the block fails. Default True.
    """
    try:
        original = os.dup(2)
    except OSError:  # It is closed.
        yield
        return
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            if shown_on_failure:
                held_back.seek(0)
                os.write(original, held_back.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)


def _check_backend():
    backend = os.environ.get("KERAS_BACKEND")
    if backend and importlib.util.find_spec(backend.partition(".")[0]) is None:
        print(
            f"keras-transformer: KERAS_BACKEND is {ascii(backend)[1:-1]}, which is not installed; install it, or set "
            "KERAS_BACKEND=tensorflow.",
            file=sys.stderr,
        )
        sys.exit(EXIT_INPUT_ERROR)


def _load_libraries():
    """Loads TensorFlow's large libraries before Python imports them, which would hold its lock, and signals up."""
    package = importlib.util.find_spec("tensorflow")
    with contextlib.suppress(AttributeError, OSError):
        load = ctypes.CDLL(None).dlopen
        load.argtypes = [ctypes.c_char_p, ctypes.c_int]
        for library in sorted(pathlib.Path(package.origin).parent.glob("libtensorflow_*.so.2"), reverse=True):
            load(os.fsencode(library), os.RTLD_NOW)


if is_command():
    begin_command()
    _check_backend()

if "tensorflow" not in sys.modules and platform.machine() in ("x86_64", "AMD64"):
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# Its errors are raised in Python as well; what else it logs as errors are remarks such as one on int64 in oneDNN.
if "tensorflow" not in sys.modules and os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3":
    with standard_error_held_back():
        if is_command():
            _load_libraries()
        import tensorflow as tf

        # The search for a GPU complains on its own, at the first use; so it is made here.
        tf.config.list_physical_devices()
