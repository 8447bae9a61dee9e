"""Forwards the connections of JAX. The end of the first process then does not abort the others."""

import contextlib
import socket
import threading


def forward(one, other, closes_one=True):
    """Copies bytes between two sockets in both directions, until both directions have ended.

    Args:
        one: a connected socket.
        other: another one.
        closes_one: whether the end of `other` closes `one`. Default True.
    """
    backwards = threading.Thread(target=_copy, args=(other, one, closes_one), daemon=True)
    backwards.start()
    _copy(one, other, closes=True)
    backwards.join()
    other.close()
    if closes_one:
        one.close()


def _copy(source, target, closes):
    with contextlib.suppress(OSError):
        source.settimeout(None)
        while received := source.recv(1 << 16):
            target.sendall(received)
    if closes:
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def serve_locally(connect):
    """Accepts connections on a free port of this host and forwards each to a socket of `connect`.

    The connections stay open if the other end is lost. JAX would abort this process otherwise.

    Args:
        connect: function without arguments that returns a connected socket and the bytes that were received from it
            already. It can raise an `OSError`.

    Returns:
        The address as `host:port`.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    kept = []

    def serve(accepted):
        with contextlib.suppress(OSError):
            other, received = connect()
            accepted.sendall(received)
            forward(accepted, other, closes_one=False)

    def accept():
        while True:
            accepted, _ = listener.accept()
            kept.append(accepted)  # Python closes a socket without a reference.
            threading.Thread(target=serve, args=(accepted,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}"
