import socket

from keras_transformer.errors import InputError

BACKLOG = 2048


def listening_socket(host, port):
    """Returns a socket that listens at an address.

    Raises:
        InputError: the address is taken or does not exist.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{host}:{port} cannot be used: {reason}. Choose another with --host and --port.") from None
    # Connections inherit it. Otherwise the body of a response, which is sent after its headers, waits 40 ms for the
    # acknowledgement of the client. asyncio sets it only if the protocol of the socket is given.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
