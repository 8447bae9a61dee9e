import contextlib
import socket
import threading
import time

from keras_transformer.errors import InputError
from keras_transformer.processes.forwarded_bytes import serve_locally
from keras_transformer.processes.json_connection import JsonConnection
from keras_transformer.processes.own_host_name import check_own_host_name
from keras_transformer.processes.process_settings import ProcessSettings, host_and_port
from keras_transformer.processes.process_variables import ADDRESSES
from keras_transformer.processes.process_watch import SECONDS_OF_SILENCE, ProcessWatch

_SECONDS_TO_CONNECT = 5
_SECONDS_BETWEEN_TRIES = 0.3
# Python handles signals between two waits.
_SECONDS_BETWEEN_SIGNALS = 0.2


class OtherProcess(ProcessWatch):
    """A process of a joint training that is not the first one. It connects to the address of the first process.

    Args:
        settings: the `ProcessSettings`.
        versions: versions of packages by name. All processes need the same.
    """

    def __init__(self, settings: ProcessSettings, versions: dict):
        super().__init__(settings)
        self._versions = versions
        self._events = {name: threading.Event() for name in ("start", "jax", "done")}
        self._ready = threading.Semaphore(0)

    def meet(self) -> None:
        """Waits until all processes have come.

        Raises:
            InputError: the first process cannot be reached, or does not accept this one.
        """
        deadline = time.monotonic() + self.settings.join_seconds
        while True:
            connection = self._connect(deadline)
            answer = self._greet(connection)
            if answer or time.monotonic() > deadline:
                break
            time.sleep(_SECONDS_BETWEEN_TRIES)  # The first process of an earlier training is ending.
        if answer and "end" in answer:
            raise InputError(answer["end"])
        if not answer or "welcome" not in answer:
            raise InputError(self._stranger())
        self._hosts[0] = str(answer["host"])
        self._connections[0] = connection
        threading.Thread(target=self._follow, args=(0,), daemon=True).start()
        if not connection.is_local:
            check_own_host_name(connection.socket.getsockname()[0])
        self._wait_for("start")

    def coordinator(self) -> tuple[None, str]:
        """Waits for JAX's service. Returns None, and the address at which JAX connects to it."""
        self._wait_for("jax")
        return None, serve_locally(self._forwarded)

    def wait_for_first(self) -> None:
        """See `ProcessWatch`."""
        while not self._ready.acquire(timeout=_SECONDS_BETWEEN_SIGNALS):
            pass

    def finish(self, shut_down) -> None:
        """Ends the joint training in order: no process leaves before the others.

        Args:
            shut_down: function that ends JAX's client. All processes call it at the same time.
        """
        connection = self._connections[0]
        connection.send(done=True)
        self._wait_for("done")
        shut_down()
        with contextlib.suppress(OSError):
            connection.socket.shutdown(socket.SHUT_WR)

    def _receive(self, index, message):
        if "done" in message:
            self._finished.add(index)
        if "ready" in message:
            self._ready.release()
        for name in self._events.keys() & message.keys():
            self._events[name].set()

    def _wait_for(self, name):
        while not self._events[name].wait(_SECONDS_BETWEEN_SIGNALS):
            pass

    def _connect(self, deadline):
        while True:
            try:
                address = host_and_port(self.settings.address)
                return JsonConnection(socket.create_connection(address, timeout=_SECONDS_TO_CONNECT))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise InputError(self._unreachable(error)) from None
            time.sleep(_SECONDS_BETWEEN_TRIES)

    def _greet(self, connection):
        """Returns the answer of the first process, or None if the connection was closed."""
        facts = {"index": self.settings.index, "count": self.settings.count, "host": self.host}
        connection.send(**facts, versions=self._versions)
        try:
            return connection.receive(SECONDS_OF_SILENCE)
        except ValueError:
            raise InputError(self._stranger()) from None
        except ConnectionError:
            return None
        except OSError as error:
            raise InputError(self._unreachable(error)) from None

    def _stranger(self):
        return (
            f"{ADDRESSES}={self.settings.address}: another program uses this port, or another version of "
            "keras-transformer. Choose a free port, and install the same version on all hosts."
        )

    def _unreachable(self, error):
        address = self.settings.address
        if isinstance(error, socket.gaierror):
            return f"{ADDRESSES}={address}: the name cannot be resolved on {self.host}: {error.strerror}."
        found = sorted({info[4][0] for info in socket.getaddrinfo(*host_and_port(address), type=socket.SOCK_STREAM)})
        loopback = " This is an address of each host itself. Use one that other hosts can reach."
        return (
            f"{ADDRESSES}={address}: process 0 cannot be reached from {self.host} at {', '.join(found)} within "
            f"{self.settings.join_seconds} seconds: {error.strerror or error}."
            + (loopback if all(address.startswith(("127.", "::1")) for address in found) else "")
        )

    def _forwarded(self):
        """Returns a socket that the first process forwards to JAX's service, and bytes that were received already."""
        connection = JsonConnection(socket.create_connection(self._connections[0].socket.getpeername()[:2]))
        connection.send(forward=True)
        if not connection.receive(self.settings.join_seconds):
            raise ConnectionResetError
        return connection.socket, connection.unread()
