"""Joint training of one model in several processes with Keras's JAX backend."""

import contextlib
import dataclasses
import os
import socket
import threading

import keras

from keras_transformer.errors import InputError
from keras_transformer.processes.command_process import WATCHED, handle_signals, is_command
from keras_transformer.processes.process_variables import ADDRESSES, COUNT, INDEX

# Address at which the first process serves the batches.
DATA_SERVICE = "KERAS_TRANSFORMER_DATA_SERVICE"


@dataclasses.dataclass(frozen=True)
class Processes:
    """The processes of a joint training.

    Args:
        index: number of this process, from 0. Process 0 writes the files.
        count: number of processes.
        data_service: `host:port` at which process 0 serves the batches. Default None: each process makes all batches.
        devices: number of devices of each process. Its rows are divided evenly among them.
    """

    index: int = 0
    count: int = 1
    data_service: str | None = None
    devices: int = 1

    @property
    def is_first(self):
        """Whether this process writes files and shows progress."""
        return self.index == 0


def join_processes():
    """Joins the other processes of the environment variables. Call it before any other use of JAX.

    Returns:
        The `Processes`, a single one without the environment variables.

    Raises:
        InputError: an environment variable has a wrong value.
    """
    given = [name for name in (ADDRESSES, COUNT, INDEX) if os.environ.get(name)]
    if not given:
        return Processes()
    if len(given) < 3 or not all(os.environ[name].isdecimal() for name in (COUNT, INDEX)):
        raise InputError(f"Several processes need {ADDRESSES}, and whole numbers in {COUNT} and {INDEX}.")
    processes = Processes(int(os.environ[INDEX]), int(os.environ[COUNT]), os.environ.get(DATA_SERVICE) or None)
    if processes.index >= processes.count:
        raise InputError(f"{INDEX} must be below {COUNT}. Received: {processes.index} of {processes.count}.")
    address = os.environ[ADDRESSES].split(",")[0]
    for name, given in [(ADDRESSES, address), (DATA_SERVICE, processes.data_service)]:
        if given and not _is_address(given):
            raise InputError(f"{name} must be HOST:PORT of the first process. Received: {given}.")
    if os.environ.get(WATCHED):
        threading.Thread(target=_end_with_launcher, daemon=True).start()
    if keras.backend.backend() != "jax":
        raise InputError(f"Several processes need KERAS_BACKEND=jax. Received: {keras.backend.backend()}.")
    # Checked here, because JAX crashes if the port is in use.
    if processes.is_first and _listens(address):
        raise InputError(f"{ADDRESSES}={address}: another program uses this port. Choose a free port.")
    with _standard_output_to_error():
        try:
            keras.distribution.initialize(address, processes.count, processes.index)
            if is_command():
                handle_signals()  # JAX has replaced the handler of SIGTERM and would continue after it.
        except (RuntimeError, ValueError) as error:
            raise InputError(
                f"{ADDRESSES}={address}: cannot join the other processes. Check that it is the host of process 0 "
                f"({error})."
            ) from None
        # The batches are divided among the processes already.
        keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
    return dataclasses.replace(processes, devices=len(keras.distribution.list_devices()) // processes.count)


def _is_address(text):
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16


def _listens(address):
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def alone():
    """Context in which a process creates, saves and loads models without the other processes.

    Outside of it, all processes must do the same. JAX compares the value of each new variable between the processes of
    a distribution, and waits for them.
    """
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def _end_with_launcher():
    os.read(0, 1)  # Nothing is ever written. It returns when the launcher has ended.
    os._exit(1)


@contextlib.contextmanager
def _standard_output_to_error():
    """Redirects file descriptor 1, to which Gloo writes, because standard output is for results."""
    original = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(original, 1)
        os.close(original)
