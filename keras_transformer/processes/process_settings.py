import dataclasses
import os

from keras_transformer.errors import InputError
from keras_transformer.processes.command_process import WATCHED
from keras_transformer.processes.keras_backend import keras_backend
from keras_transformer.processes.process_variables import ADDRESSES, COUNT, INDEX

# Address at which the first process serves the batches.
DATA_SERVICE = "KERAS_TRANSFORMER_DATA_SERVICE"
# Seconds in which all processes must come to the address of the first process.
JOIN_SECONDS = "KERAS_TRANSFORMER_JOIN_SECONDS"
_DEFAULT_JOIN_SECONDS = 30
# A launcher ends its processes itself.
_DEFAULT_WATCHED_JOIN_SECONDS = 600


@dataclasses.dataclass(frozen=True)
class ProcessSettings:
    """The environment variables of a joint training.

    Args:
        index: number of this process, from 0.
        count: number of processes.
        address: `host:port` of the first process.
        data_service: `host:port` at which the first process serves the batches, or None.
        join_seconds: seconds in which all processes must come.
    """

    index: int
    count: int
    address: str
    data_service: str | None
    join_seconds: int


def process_settings():
    """Reads the environment variables of a joint training.

    Returns:
        The `ProcessSettings`, or None without the variables.

    Raises:
        InputError: a variable has a wrong value.
    """
    given = [name for name in (ADDRESSES, COUNT, INDEX) if os.environ.get(name)]
    if not given:
        return None
    if len(given) < 3 or not all(os.environ[name].isdecimal() for name in (COUNT, INDEX)):
        raise InputError(f"Several processes need {ADDRESSES}, and whole numbers in {COUNT} and {INDEX}.")
    index, count = int(os.environ[INDEX]), int(os.environ[COUNT])
    if index >= count:
        raise InputError(f"{INDEX} must be below {COUNT}. Received: {index} of {count}.")
    address, data_service = os.environ[ADDRESSES].split(",")[0], os.environ.get(DATA_SERVICE) or None
    for name, value in [(ADDRESSES, address), (DATA_SERVICE, data_service)]:
        if value and not _is_address(value):
            raise InputError(f"{name} must be HOST:PORT of the first process. Received: {value}.")
    if keras_backend() != "jax":
        raise InputError(f"Several processes need KERAS_BACKEND=jax. Received: {keras_backend()}.")
    default = _DEFAULT_WATCHED_JOIN_SECONDS if os.environ.get(WATCHED) else _DEFAULT_JOIN_SECONDS
    seconds = os.environ.get(JOIN_SECONDS) or str(default)
    if not seconds.isdecimal() or not int(seconds):
        raise InputError(f"{JOIN_SECONDS} must be a whole number of seconds from 1. Received: {seconds}.")
    return ProcessSettings(index, count, address, data_service, int(seconds))


def _is_address(text):
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16


def host_and_port(address):
    """Returns the host and the port of `host:port`. The host can be an IPv6 address in brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
