"""Starting several processes that train together on this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from keras_transformer.errors import check_installed
from keras_transformer.processes.command_process import EXIT_INPUT_ERROR, WATCHED
from keras_transformer.processes.process_variables import ADDRESSES, COUNT, INDEX

# From Ctrl-C to the kill.
_SECONDS_TO_END = 1.0


def launch_processes(count, arguments):
    """Runs the command line in several processes on this machine, until all end or one fails.

    The first one's output is shown; that of another one only if it failed, and only its errors.

    Args:
        count: the number of processes.
        arguments: the arguments of `keras-transformer`, such as `["train", "phrases.toml"]`.

    Returns:
        The exit status: 0, or that of the process that failed.

    Raises:
        InputError: JAX is not installed.
    """
    check_installed("jax", extra="jax")
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(_free_address())
        errors = [None, *(stack.enter_context(tempfile.TemporaryFile()) for _ in range(1, count))]
        started = []
        try:
            started += [_start(arguments, address, index, count, errors[index]) for index in range(count)]
            failed = _wait(started)
        except KeyboardInterrupt:
            _interrupt(started)
            raise
        finally:
            for process in started:
                process.kill()
                process.wait()
                process.stdin.close()
        if not failed:
            return 0
        status = started[failed[0]].returncode
        # Where one fails others do soon, and which came first is not known. What the user has to mend all tell alike.
        is_told = failed[0] == 0 and status == EXIT_INPUT_ERROR
        for index in [] if is_told else filter(None, failed):
            errors[index].seek(0)
            sys.stderr.write(errors[index].read().decode("utf-8", "replace"))
        # The first one has told what else went wrong itself.
        if failed[0] or status < 0:
            how = f"was ended by {signal.Signals(-status).name}" if status < 0 else "failed"
            print(f"keras-transformer: process {failed[0]} of {count} {how}.", file=sys.stderr)
        return status if status >= 0 else 128 - status  # As a shell tells of a signal.


@contextlib.contextmanager
def _free_address():
    """An address that nobody else is given: the first process listens there while we hold it and do not listen."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def _start(arguments, address, index, count, errors):
    names = {"KERAS_BACKEND": "jax", WATCHED: "1", ADDRESSES: address, COUNT: str(count), INDEX: str(index)}
    # Without its address for binding, the first one would listen to the whole network.
    environment = {"JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo", **os.environ, **names}
    return subprocess.Popen(
        [sys.executable, "-m", "keras_transformer", *arguments],
        env={**environment, "JAX_COORDINATOR_BIND_ADDRESS": address},
        stdin=subprocess.PIPE,  # It ends with us, however we end, and the process with it.
        stdout=None if index == 0 else subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,  # So that Ctrl-C reaches them once, by way of us.
    )


def _wait(started):
    """The indexes of the processes that failed, those that a signal ended before others; none where all succeeded."""
    while True:
        statuses = [process.poll() for process in started]
        failed = [index for index, status in enumerate(statuses) if status]
        if failed or None not in statuses:
            return sorted(failed, key=lambda index: statuses[index] > 0)
        time.sleep(0.1)


def _interrupt(started):
    for process in started:
        process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < deadline and any(process.poll() is None for process in started):
        time.sleep(0.1)
