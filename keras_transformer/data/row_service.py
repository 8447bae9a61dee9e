import socket
import time

import tensorflow as tf

from keras_transformer.data.batch_rows import shares_of_rows
from keras_transformer.errors import InputError

_NAME = "train"
# Time for the first process to count its batches, also on a busy machine.
_SECONDS_TO_WAIT = 600
# Time for the first process to connect to its own address.
_MILLISECONDS_TO_START = 10_000


class RowService:
    """The first process makes the batches of all processes, with tf.data's service and coordinated reads.

    Without the service, every process makes every batch and selects its rows (`take_rows`). Each process then tokenizes
    the whole text. The rows are the same in both cases.

    TensorFlow's service listens on all addresses of the machine without authentication. Everyone who can reach the
    ports can run TensorFlow operations there. Use it in a private network only.

    Args:
        address: `host:port` at which the first process listens. A second, free port distributes the rows.
        index: number of this process, from 0.
        count: number of processes.
        devices: number of devices of each process, see `take_rows`. Default 1.

    Raises:
        InputError: the first process cannot listen at the address.

    Example:

    >>> # not run here: it waits for the second process
    >>> service = kt.data.RowService("10.0.0.1:5050", index=0, count=2)
    >>> model.fit(service.share(batches), steps_per_epoch=1000, shuffle=False)
    """

    def __init__(self, address: str, index: int, count: int, devices: int = 1):
        self.address = address
        self.index = index
        self.count = count
        self.devices = devices
        self._servers = self._started_servers() if index == 0 else None

    def share(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """Returns the rows of this process of every batch. Every process must call it once.

        Args:
            batches: endless `tf.data.Dataset` of `(inputs, labels)` or `(inputs, labels, weights)`. Only the first
                process iterates over it.

        Returns:
            `tf.data.Dataset` with one of `count` parts of the rows.

        Raises:
            InputError: the first process cannot be reached at the address.
        """
        shares = shares_of_rows(batches, self.count, self.devices)
        service = f"grpc://{self.address}"
        if self.index == 0:
            tf.data.experimental.service.register_dataset(service, shares, dataset_id=_NAME)
        deadline = time.monotonic() + _SECONDS_TO_WAIT
        while True:
            try:
                return tf.data.experimental.service.from_dataset_id(
                    "parallel_epochs",
                    service,
                    _NAME,
                    element_spec=shares.element_spec,
                    job_name=_NAME,
                    consumer_index=self.index,
                    num_consumers=self.count,
                )
            except (tf.errors.NotFoundError, tf.errors.UnavailableError) as error:
                if time.monotonic() > deadline:
                    raise InputError(f"{self.address}: no process serves batches there: {error.message}") from None
            time.sleep(0.2)

    def _started_servers(self):
        host, _, port = self.address.rpartition(":")
        service = tf.data.experimental.service
        try:
            # Checked before TensorFlow connects, because its connection attempts cannot be interrupted.
            socket.getaddrinfo(host, port)
            dispatcher = service.DispatchServer(service.DispatcherConfig(port=int(port)))
            worker = service.WorkerServer(
                service.WorkerConfig(
                    dispatcher_address=self.address,
                    worker_address=f"{host}:%port%",
                    dispatcher_timeout_ms=_MILLISECONDS_TO_START,
                )
            )
        except (OSError, RuntimeError, tf.errors.OpError) as error:
            raise InputError(f"{self.address}: cannot serve batches there: {error}") from None
        return dispatcher, worker
