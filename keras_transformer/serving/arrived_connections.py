import asyncio
import contextlib
import ctypes
import socket
import struct
import sys

# `SO_ATTACH_FILTER`, and the program of Linux's socket filter that drops every packet.
_ATTACH_FILTER = 26
_DROP_ALL = struct.pack("HBBI", 6, 0, 0, 0)


async def take_arrived(listener, protocol):
    """Accepts the connections that have arrived at a socket, which asyncio would reset when it closes the socket.

    Args:
        listener: the socket of a server of asyncio, which accepts no connections any more.
        protocol: a function that returns the protocol of a connection.
    """
    if listener.fileno() < 0:  # The server has ended already.
        return
    loop = asyncio.get_running_loop()
    loop.remove_reader(listener)
    for _ in range(2):  # Connections that asyncio has accepted are attached to its server.
        await asyncio.sleep(0)
    _refuse_others(listener)
    with contextlib.suppress(OSError):  # No connection waits.
        while True:
            connection, _ = listener.accept()
            connection.setblocking(False)
            await loop.connect_accepted_socket(protocol, connection)


def _refuse_others(listener):
    """Drops the packets of clients that connect now, which try again and are refused by the closed socket."""
    if sys.platform == "linux":
        program = ctypes.create_string_buffer(_DROP_ALL)
        with contextlib.suppress(OSError):
            filter_option = struct.pack("HP", 1, ctypes.addressof(program))
            listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, filter_option)
