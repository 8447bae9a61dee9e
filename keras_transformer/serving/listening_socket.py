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
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{host}:{port} cannot be used: {reason}. Choose another with --host and --port.") from None
