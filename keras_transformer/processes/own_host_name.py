import ipaddress
import socket

from keras_transformer.errors import InputError


def check_own_host_name(address):
    """Checks that other hosts can connect to the address of this host's name, at which Gloo listens.

    Args:
        address: an address of this host that other hosts can reach, for the message.

    Raises:
        InputError: the name cannot be resolved, or only within this host.
    """
    name = socket.gethostname()
    address = address.removeprefix("::ffff:")
    advice = f"Other hosts cannot connect to it. Write the line '{address} {name}' into /etc/hosts of {name} instead."
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        raise InputError(f"{name}: this host cannot resolve its own name. {advice}") from None
    if ipaddress.ip_address(found.partition("%")[0]).is_loopback:
        raise InputError(f"{name}: this host resolves its own name to {found}. {advice}")
