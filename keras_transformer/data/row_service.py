import socket
import time

import tensorflow as tf

from keras_transformer.data.batch_rows import shares_of_rows
from keras_transformer.errors import InputError

_NAME = "train"
# For the first process to count its batches, however long that takes on a busy machine.
_SECONDS_TO_WAIT = 600
# For the first process to find itself at the address that the others are given.
_MILLISECONDS_TO_START = 10_000


class RowService:
    """One process makes the batches of all and hands each its rows: tf.data's service, with coordinated reads.

    Without it every process makes every batch and takes its rows of it (`take_rows`), which costs each the whole
    tokenization. The rows are the same either way.

    TensorFlow's service listens on all addresses of the machine and asks nobody for a password: whoever reaches the
    ports can run TensorFlow operations there. It belongs into a network of one's own.

    Args:
        address: `host:port` of the first process, where it listens and the others find it; a second port, any free
            one, hands out the rows.
        index: number of this process, from 0.
        count: number of processes.
        devices: number of devices of each, see `take_rows`. Default 1.

    Raises:
        InputError: the first process cannot listen at the address.

    Example:

    >>> service = RowService("10.0.0.1:5050", index=0, count=2)
    >>> model.fit(service.share(batches), steps_per_epoch=1000)
    """

    def __init__(self, address, index, count, devices=1):
        self.address = address
        self.index = index
        self.count = count
        self.devices = devices
        self._servers = self._started_servers() if index == 0 else None

    def share(self, batches):
        """This process's rows of every batch; to be called once, by every process.

        Args:
            batches: endless `tf.data.Dataset` of `(inputs, labels)`, or `(inputs, labels, weights)`; only the first
                process makes them.

        Returns:
            `tf.data.Dataset` with one of `count` parts of the rows.

        Raises:
            InputError: the first process is not found at the address.
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
                    raise InputError(f"{self.address}: no process hands out batches there: {error.message}") from None
            time.sleep(0.2)

    def _started_servers(self):
        host, _, port = self.address.rpartition(":")
        service = tf.data.experimental.service
        try:
            # Before TensorFlow looks for it, which nothing could interrupt.
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
            raise InputError(f"{self.address}: cannot hand out batches there: {error}") from None
        return dispatcher, worker
