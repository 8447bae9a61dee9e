"""Joint training of one model in several processes with Keras's JAX backend."""

import contextlib
import dataclasses
import os

import keras

from keras_transformer.errors import InputError
from keras_transformer.processes.command_process import handle_signals, is_command
from keras_transformer.processes.joint_training import process_watch
from keras_transformer.processes.process_watch import ProcessWatch

_SECONDS_OF_HEARTBEAT = 24 * 60 * 60


@dataclasses.dataclass(frozen=True)
class Processes:
    """The processes of a joint training.

    Args:
        index: number of this process, from 0. Process 0 writes the files.
        count: number of processes.
        data_service: `host:port` at which process 0 serves the batches. Default None: each process makes all batches.
        devices: number of devices of each process. Its rows are divided evenly among them.
        watch: the `ProcessWatch`, or None for a single process.
    """

    index: int = 0
    count: int = 1
    data_service: str | None = None
    devices: int = 1
    watch: ProcessWatch | None = None

    @property
    def is_first(self):
        """Whether this process writes files and shows progress."""
        return self.index == 0

    def wait_for_first(self):
        """Waits until the first process has called it as well. A loss of another process ends this one meanwhile.

        Collective operations wait too, but with a limit: 30 minutes on CPUs (`xla_cpu_collective_timeout_seconds`).
        """
        if self.watch is not None:
            self.watch.wait_for_first()


def join_processes(watch=None):
    """Joins the other processes of the environment variables. Call it before any other use of JAX.

    Args:
        watch: the `ProcessWatch` of `joint_training`. Default None: a new one, if the environment variables are set.

    Returns:
        The `Processes`, a single one without the environment variables.

    Raises:
        InputError: an environment variable has a wrong value, or the processes cannot be joined.
    """
    if watch is None:
        watch = process_watch()
        if watch is None:
            return Processes()
        watch.meet()
    settings = watch.settings
    with _standard_output_to_error():
        try:
            _initialize(*watch.coordinator(), settings)
            if is_command():
                handle_signals()  # JAX has replaced the handler of SIGTERM and would continue after it.
            # The batches are divided among the processes already.
            keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))
        except (RuntimeError, ValueError) as error:
            raise InputError(f"{settings.address}: cannot join the other processes: {error}") from None
    devices = len(keras.distribution.list_devices()) // settings.count
    return Processes(settings.index, settings.count, settings.data_service, devices, watch)


def _initialize(bind_address, address, settings):
    import jax  # noqa: PLC0415 (an extra)

    jax.distributed.initialize(
        address,
        settings.count,
        settings.index,
        coordinator_bind_address=bind_address,
        # The watch notices a loss earlier. JAX would abort the process with several lines.
        heartbeat_timeout_seconds=_SECONDS_OF_HEARTBEAT,
    )


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
