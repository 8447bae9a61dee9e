import errno
import os
import socket
import threading
import time

from keras_transformer.errors import InputError
from keras_transformer.processes.command_process import EXIT_INPUT_ERROR
from keras_transformer.processes.forwarded_bytes import forward
from keras_transformer.processes.json_connection import JsonConnection
from keras_transformer.processes.own_host_name import check_own_host_name
from keras_transformer.processes.process_settings import ProcessSettings, host_and_port
from keras_transformer.processes.process_variables import ADDRESSES, COUNT, INDEX
from keras_transformer.processes.process_watch import ProcessWatch

_SECONDS_TO_GREET = 10
_SECONDS_TO_FINISH = 10


class FirstProcess(ProcessWatch):
    """The first process of a joint training. It listens at the address to which the others come.

    Args:
        settings: the `ProcessSettings`.
        versions: versions of packages by name. All processes need the same.

    Raises:
        InputError: it cannot listen there.
    """

    def __init__(self, settings: ProcessSettings, versions: dict):
        self._versions = versions
        self._problem = None
        self._jax_port = None
        self._is_complete = settings.count == 1
        self._listener = _listener(settings.address)
        super().__init__(settings)
        threading.Thread(target=self._accept, daemon=True).start()

    def meet(self) -> None:
        """Waits until all processes have come.

        Raises:
            InputError: a process does not come, or does not match this one.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_complete or self._problem, self.settings.join_seconds)
        if self._problem:
            raise InputError(self._problem)
        if not self._is_complete:
            raise InputError(self._absence())
        for connection in list(self._connections.values()):
            if not connection.is_local:
                check_own_host_name(connection.socket.getsockname()[0])
        for connection in list(self._connections.values()):
            connection.send(start=True)

    def coordinator(self) -> tuple[str, str]:
        """Returns the addresses at which JAX's service listens and at which JAX connects to it."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._jax_port = free.getsockname()[1]
        for connection in list(self._connections.values()):
            connection.send(jax=True)
        address = f"127.0.0.1:{self._jax_port}"
        return address, address

    def wait_for_first(self) -> None:
        """Lets the others continue. See `ProcessWatch`."""
        for connection in list(self._connections.values()):
            connection.send(ready=True)

    def finish(self, shut_down) -> None:
        """Ends the joint training in order: no process leaves before the others.

        Args:
            shut_down: function that ends JAX's service. All processes call it at the same time.
        """
        others = set(range(1, self.settings.count))
        self._wait_until(lambda: others <= self._finished)
        for connection in list(self._connections.values()):
            connection.send(done=True)
        shut_down()
        self._wait_until(lambda: not self._connections, _SECONDS_TO_FINISH)

    def _receive(self, index, message):
        if "done" in message:
            with self._changed:
                self._finished.add(index)
                self._changed.notify_all()

    def _accept(self):
        while True:
            connected, _ = self._listener.accept()
            threading.Thread(target=self._greet, args=(JsonConnection(connected),), daemon=True).start()

    def _greet(self, connection):
        try:
            message = connection.receive(_SECONDS_TO_GREET)
            if "forward" in message:
                self._forward(connection)
                return
            index, host = int(message["index"]), str(message["host"])
            count, versions = int(message["count"]), dict(message["versions"])
        except (OSError, ValueError, KeyError, TypeError):  # A scanner of ports, for example.
            connection.close()
            return
        with self._changed:
            problem = self._mismatch(index, host, count, versions)
            if self._is_complete:
                begun = f"{self.settings.address}: the training of {self._name()} has begun already. {self._advice}"
                connection.send(end=begun, status=EXIT_INPUT_ERROR)
            elif problem:
                # Sent first, because this process ends when its main thread sees the problem.
                connection.send(end=problem, status=EXIT_INPUT_ERROR)
                self._problem = self._problem or problem
            else:
                self._hosts[index] = host
                self._connections[index] = connection
                connection.send(welcome=True, host=self.host)
                self._is_complete = len(self._connections) == self.settings.count - 1
            self._changed.notify_all()
        if self._connections.get(index) is connection:
            self._follow(index)
        else:
            connection.close()

    def _mismatch(self, index, host, count, versions):
        """Returns why a process does not match this one, or None."""
        who = f"process {index} ({host})"
        if count != self.settings.count:
            return (
                f"{COUNT} must be the same in all processes. Received: {count} in {who}, {self.settings.count} in "
                f"{self._name()}."
            )
        if index in self._hosts:
            return f"{INDEX} must differ. Received: {index} on both {self._hosts[index]} and {host}."
        for package in sorted({*versions, *self._versions}):
            found, expected = versions.get(package), self._versions.get(package)
            if found != expected:
                return (
                    f"All hosts need the same version of {package}. Received: {found} in {who}, {expected} in "
                    f"{self._name()}."
                )
        return None

    def _absence(self):
        """Returns the message about processes that did not come."""
        address, seconds = self.settings.address, self.settings.join_seconds
        missing = [str(index) for index in range(self.settings.count) if index not in self._hosts]
        advice = "Check that they are started and can reach this address"
        try:
            socket.getaddrinfo(*host_and_port(address))
        except OSError as error:
            advice = f"{ADDRESSES} must be the name or address of this host. Its name cannot be resolved here: {error}"
        return f"{address}: these processes did not come within {seconds} seconds: {', '.join(missing)}. {advice}."

    def _forward(self, connection):
        """Forwards a connection of JAX in another process to JAX's service in this one."""
        deadline = time.monotonic() + self.settings.join_seconds
        while True:
            try:
                service = socket.create_connection(("127.0.0.1", self._jax_port))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        connection.send(forward=True)
        forward(connection.socket, service)


def _listener(address):
    """Returns a socket that listens at the port of the address, on all interfaces or on that of JAX's variable."""
    host, port = host_and_port(os.environ.get("JAX_COORDINATOR_BIND_ADDRESS") or address)
    try:
        if os.environ.get("JAX_COORDINATOR_BIND_ADDRESS"):
            family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            return socket.create_server(where[:2], family=family)
        if socket.has_dualstack_ipv6():
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        return socket.create_server(("", port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"{ADDRESSES}={address}: another program uses this port. Choose a free port.") from None
        raise InputError(f"{ADDRESSES}={address}: this process cannot listen there: {error.strerror}.") from None
