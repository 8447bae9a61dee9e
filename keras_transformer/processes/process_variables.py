import os
import sys

# Environment variables of a joint training. They have the names of `keras.distribution.initialize`.
ADDRESSES, COUNT, INDEX = (f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID"))


def is_first_process():
    """Returns whether this process writes the files: it is the only process or has the number 0."""
    number = os.environ.get(INDEX) or "0"
    # `process_settings` raises an error for a value that is not a number.
    return number.isdecimal() and int(number) == 0


def leave_processes(status):
    """Ends a failed process at once. At a normal exit, JAX would wait for the other processes, and they for it."""
    if status and os.environ.get(COUNT):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
