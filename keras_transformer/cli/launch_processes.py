"""Starts several processes for a joint training on this machine."""

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

# Seconds from Ctrl-C to the kill.
_SECONDS_TO_END = 1.0


def launch_processes(count, arguments):
    """Runs the command line in several processes on this machine, until all end or one fails.

    The output of the first process is shown. Of another process, only the errors are shown, and only if it failed.

    Args:
        count: number of processes.
        arguments: the arguments of `keras-transformer`, such as `["train", "phrases.toml"]`.

    Returns:
        The exit status: 0, or that of the failed process.

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
            with _passed_on(started):
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
        # If one fails, others fail soon, and the order is unknown. All print the same error of the user's input.
        is_told = failed[0] == 0 and status == EXIT_INPUT_ERROR
        for index in [] if is_told else filter(None, failed):
            errors[index].seek(0)
            sys.stderr.write(errors[index].read().decode("utf-8", "replace"))
        # The first process has printed its other errors itself.
        if failed[0] or status < 0:
            how = f"was ended by {signal.Signals(-status).name}" if status < 0 else "failed"
            print(f"keras-transformer: process {failed[0]} of {count} {how}.", file=sys.stderr)
        return status if status >= 0 else 128 - status  # A shell's status after a signal.


@contextlib.contextmanager
def _free_address():
    """Yields a free address. This process holds it without listening, and the first process listens there."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def _start(arguments, address, index, count, errors):
    names = {"KERAS_BACKEND": "jax", WATCHED: "1", ADDRESSES: address, COUNT: str(count), INDEX: str(index)}
    # Without a bind address, the first process would listen on all network interfaces.
    environment = {"JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo", **os.environ, **names}
    return subprocess.Popen(
        [sys.executable, "-m", "keras_transformer", *arguments],
        env={**environment, "JAX_COORDINATOR_BIND_ADDRESS": address},
        stdin=subprocess.PIPE,  # The pipe closes when this process ends, which ends the child as well.
        stdout=None if index == 0 else subprocess.DEVNULL,
        stderr=errors,
        start_new_session=True,  # Ctrl-C reaches the children only through this process.
    )


@contextlib.contextmanager
def _passed_on(started):
    """Passes SIGUSR1 on. A training saves its state and ends at this signal."""
    earlier = signal.signal(signal.SIGUSR1, lambda number, _: [process.send_signal(number) for process in started])
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, earlier)


def _wait(started):
    """Returns the indexes of the failed processes, those ended by a signal first, or none if all succeeded."""
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
