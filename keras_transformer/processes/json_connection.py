import contextlib
import json
import socket
import threading

_LONGEST_MESSAGE = 1 << 16


class JsonConnection:
    """Messages between two processes over TCP: one JSON object per line.

    Args:
        connected: a connected socket.
    """

    def __init__(self, connected: socket.socket):
        self.socket = connected
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sending = threading.Lock()
        self._unread = b""

    @property
    def is_local(self) -> bool:
        """Whether both processes are on the same host."""
        return self.socket.getsockname()[0] == self.socket.getpeername()[0]

    def send(self, **message) -> None:
        """Sends a message. Nothing happens if the connection is lost, which `receive` reports."""
        with self._sending, contextlib.suppress(OSError):
            self.socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, seconds: float) -> dict | None:
        """Waits for the next message.

        Args:
            seconds: number of seconds without any data after which the wait ends.

        Returns:
            The message, or None if the other process has closed the connection.

        Raises:
            TimeoutError: nothing was received.
            OSError: the connection is lost.
            ValueError: the other process does not send such messages.
        """
        self.socket.settimeout(seconds)
        while b"\n" not in self._unread:
            received = self.socket.recv(4096)
            if not received:
                return None
            self._unread += received
            if len(self._unread) > _LONGEST_MESSAGE:
                raise ValueError("The message is too long.")
        line, _, self._unread = self._unread.partition(b"\n")
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("The message must be a JSON object.")
        return message

    def unread(self) -> bytes:
        """Returns the bytes that were received after the last message."""
        found, self._unread = self._unread, b""
        return found

    def close(self) -> None:
        """Closes the connection."""
        self.socket.close()
