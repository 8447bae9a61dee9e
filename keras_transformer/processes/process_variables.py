import os
import sys

# The environment variables that `keras.distribution.initialize` reads.
ADDRESSES, COUNT, INDEX = (f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID"))


def is_first_process():
    """Whether this process writes the files: it is the only one, or the environment gives it the number 0."""
    return int(os.environ.get(INDEX) or 0) == 0


def leave_processes(status):
    """Ends a process that failed at once: at its normal exit JAX would wait for the others, and they for it."""
    if status and os.environ.get(COUNT):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
