"""Imports TensorFlow without its start-up chatter.

TensorFlow writes about oneDNN and missing CUDA drivers straight to file descriptor 2 before any log level counts, in
front of every command's output. Set TF_CPP_MIN_LOG_LEVEL to 0, 1 or 2 to see it.
"""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def standard_error_held_back(shown_on_failure=True):
    """Holds back what is written to file descriptor 2, as TensorFlow's C++ does.

    Args:
        shown_on_failure: whether it is shown after all if the block fails. Default True.
    """
    with tempfile.TemporaryFile() as held_back:
        original = os.dup(2)
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


# Its errors are raised in Python as well; what else it logs as errors are remarks such as one on int64 in oneDNN.
if "tensorflow" not in sys.modules and os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3":
    with standard_error_held_back():
        import tensorflow as tf

        # The search for a GPU complains on its own, at the first use; so it is made here.
        tf.config.list_physical_devices()
