"""The end of the server by SIGTERM, in the process of a test, with an engine that translates nothing."""

import asyncio
import os
import signal
import socket
import threading
import time

from stub_service import StubEngine, stub_application

from keras_transformer.serving.access_log import AccessLog
from keras_transformer.serving.arrived_connections import take_arrived
from keras_transformer.serving.listening_socket import listening_socket
from keras_transformer.serving.run_server import _serve

HEALTH = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class WaitingEngine(StubEngine):
    """An engine whose first batch ends after SIGTERM."""

    def __init__(self):
        self.runs, self.may_end = threading.Event(), threading.Event()

    def run(self, signature, texts, direction=None):
        self.runs.set()
        assert self.may_end.wait(10)
        return super().run(signature, texts, direction)


def serve(engine, *clients):
    """Runs a server while threads call functions with its port. One of them sends SIGTERM."""
    with (
        stub_application(engine, drain_seconds=5) as (application, service, stream),
        listening_socket("127.0.0.1", 0) as listener,
    ):
        port = listener.getsockname()[1]
        threads = [threading.Thread(target=client, args=(port,)) for client in clients]
        for thread in threads:
            thread.start()
        assert asyncio.run(_serve(application, service, listener, AccessLog(stream))) == 0
        for thread in threads:
            thread.join()


def received(connection):
    found = b""
    while chunk := connection.recv(65536):
        found += chunk
    return found


def test_connections_that_have_arrived_are_taken_before_the_socket_is_closed():
    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data)
            self.transport.close()

    async def run():
        with listening_socket("127.0.0.1", 0) as listener:
            server = await asyncio.get_running_loop().create_server(Echo, sock=listener)
            address = listener.getsockname()
            clients = [socket.create_connection(address) for _ in range(5)]  # The loop does not run meanwhile.
            for client in clients:
                client.sendall(b"a")
            await take_arrived(listener, Echo)
            server.close()
            for client in clients:
                with client:
                    assert await asyncio.to_thread(received, client) == b"a"

    asyncio.run(run())


def test_sigterm_loses_no_request_of_new_connections():
    answers, seconds = [], 0.3

    def ask(port):
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            except (ConnectionRefusedError, ConnectionResetError):
                return
            with connection:
                try:
                    connection.sendall(HEALTH)
                    answers.append(received(connection)[:12])
                except OSError as error:
                    answers.append(error)

    def end(port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(HEALTH)
            received(connection)  # The server runs.
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGTERM)

    serve(StubEngine(), end, *[ask] * 8)
    assert set(answers) == {b"HTTP/1.1 200"}


def test_sigterm_answers_all_pipelined_requests():
    engine, found = WaitingEngine(), []

    def ask(port):
        body = b'{"instances": ["a"]}'
        head = f"POST /v1/models/stub:predict HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall((head + body) * 3)
            assert engine.runs.wait(10)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.1)
            engine.may_end.set()
            found.append(received(connection))

    serve(engine, ask)
    assert found[0].count(b"HTTP/1.1 200") == 3
    assert found[0].lower().count(b"connection: close") == 1
