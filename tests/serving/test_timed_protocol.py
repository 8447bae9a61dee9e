"""Connections whose clients send no request or do not read the response, with a short limit."""

import asyncio
import contextlib
import socket

import pytest
import uvicorn
from stub_service import StubEngine, stub_application
from uvicorn.server import ServerState

from keras_transformer.serving.timed_protocol import timed_protocol

SECONDS = 0.2
MOST_BYTES = 200_000
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Application:
    """Sends a response of a size without reading the request."""

    def __init__(self, size=2, headers=()):
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._body, self._headers = b"a" * size, [(b"content-length", str(size).encode()), *headers]

    async def __call__(self, scope, receive, send):
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


class Echo:
    """Sends the query and the body of a request."""

    async def __call__(self, scope, receive, send):
        content, is_complete = scope["query_string"] + b" ", False
        while not is_complete:
            event = await receive()
            content, is_complete = content + event.get("body", b""), not event.get("more_body")
        headers = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


@contextlib.asynccontextmanager
async def listening(application, limit=100, seconds=SECONDS):
    """Yields the port and the connections of a server."""
    protocol, state, loop = timed_protocol(seconds, MOST_BYTES), ServerState(), asyncio.get_running_loop()
    config = uvicorn.Config(
        application, http=protocol, ws="none", lifespan="off", log_config=None, limit_concurrency=limit
    )
    config.timeout_keep_alive = seconds
    config.load()
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}, _loop=loop), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1], state.connections
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def connected(port, **options):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader):
    """Reads a response of two bytes."""
    assert await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(2) == b"aa"


async def echoed(reader):
    """Reads a response of `Echo`."""
    head = await reader.readuntil(b"\r\n\r\n")
    return await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))


async def closed(reader):
    """Waits until the server closes the connection without a response. If it has not read all, it resets it."""
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""


async def ended(connections):
    """Waits until the server has no connection."""
    for _ in range(100):
        if not connections:
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.mark.parametrize(
    ("request_part", "rest"),
    [(GET, b"\r\n"), (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", b"123456789")],
)
def test_a_connection_without_a_new_request_is_closed(request_part, rest):
    async def run():
        async with listening(Application()) as (port, _), connected(port) as (reader, writer):
            writer.write(request_part)
            await answer(reader)
            writer.write(rest)
            assert await asyncio.wait_for(reader.read(), 2) == b""

    asyncio.run(run())


def test_a_body_after_the_response_is_not_limited_as_headers():
    async def run():
        async with listening(Application()) as (port, _), connected(port) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
            await answer(reader)
            writer.write(b"b" * 200_000 + GET)
            await answer(reader)

    asyncio.run(run())


@pytest.mark.parametrize("headers", [(), ((b"connection", b"close"),)])
def test_a_client_that_does_not_read_is_dropped(headers):
    async def run():
        async with listening(Application(20_000_000, headers)) as (port, connections):
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_connect(client, ("127.0.0.1", port))
                await loop.sock_sendall(client, GET)
                await asyncio.sleep(0.05)
                assert connections
                assert await ended(connections)

    asyncio.run(run())


def test_a_client_that_reads_slowly_gets_the_response():
    async def run():
        size = 6_000_000
        async with listening(Application(size)) as (port, _), connected(port, limit=65536) as (reader, writer):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(20):
                await reader.readexactly(size // 20)
                await asyncio.sleep(0.03)

    asyncio.run(run())


def test_headers_after_an_unanswered_request_are_not_limited():
    async def run():
        application = Application()
        application.may_answer.clear()
        async with listening(application) as (port, _), connected(port) as (reader, writer):
            writer.write(GET + GET + GET[:20])
            await asyncio.sleep(2 * SECONDS)
            application.may_answer.set()
            for rest in (b"", GET[20:], b""):
                await answer(reader)
                writer.write(rest)

    asyncio.run(run())


def test_the_number_of_connections_is_limited():
    async def run():
        async with listening(Application(), 2, 10) as (port, connections), contextlib.AsyncExitStack() as stack:
            pairs = [await stack.enter_async_context(connected(port)) for _ in range(70)]
            while len(connections) != 2 + 64:
                await asyncio.sleep(0.01)
            for reader, _ in pairs[66:]:
                await closed(reader)

    asyncio.run(run())


UPGRADE = (
    b"POST /?a=b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABk\r\nContent-Length: 4\r\n\r\nbody"
)


@pytest.mark.parametrize("cuts", [(), (70,), (-4,), (74, -2)])
def test_a_request_for_another_protocol_is_answered_with_its_body(cuts):
    async def run():
        async with listening(Echo()) as (port, _), connected(port) as (reader, writer):
            for start, end in zip((0, *cuts), (*cuts, None), strict=True):
                writer.write(UPGRADE[start:end])
                await asyncio.sleep(0.01)
            writer.write(UPGRADE * 3 + GET)
            for _ in range(4):
                assert await echoed(reader) == b"a=b body"
            assert await echoed(reader) == b" "

    asyncio.run(run())


def test_an_error_after_a_request_for_another_protocol_is_an_error():
    async def run():
        async with listening(Echo()) as (port, _), connected(port) as (reader, writer):
            writer.write(UPGRADE.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked"))
            assert (await reader.read()).startswith(b"HTTP/1.1 400")

    asyncio.run(run())


@pytest.mark.parametrize(("size", "is_read"), [(100_000, True), (MOST_BYTES - 2, True), (MOST_BYTES + 1, False)])
def test_an_address_has_a_limit(size, is_read):
    async def run():
        async with listening(Echo()) as (port, _), connected(port) as (reader, writer):
            writer.write(b"GET /?" + b"a" * size)
            await asyncio.sleep(0.01)
            writer.write(b"#b?c HTTP/1.1\r\nHost: a\r\n\r\n")
            if is_read:
                assert await echoed(reader) == b"a" * size + b" "
            else:
                await closed(reader)

    asyncio.run(run())


def test_headers_have_a_limit():
    async def run():
        async with listening(Echo()) as (port, _), connected(port) as (reader, writer):
            writer.write(b"GET /?" + b"a" * 100_000 + b" HTTP/1.1\r\nA: " + b"b" * 66_000)
            await closed(reader)

    asyncio.run(run())


@pytest.mark.parametrize(
    "text", ["나는어제카페에갔다. " * 909, "مرحبا بك. " * 1000, "🙂" * 10_000], ids=["ko", "ar", "emoji"]
)
def test_deep_translator_sends_a_long_text_in_the_query(text):
    # It imports slowly.
    from deep_translator import LibreTranslator  # noqa: PLC0415

    async def run(application):
        async with listening(application, seconds=10) as (port, _):
            url = f"http://127.0.0.1:{port}/"
            client = LibreTranslator(source="fr", target="de", api_key="any", custom_url=url)
            return await asyncio.to_thread(client.translate, f"a {text}")

    with stub_application(StubEngine()) as (application, _, _):
        assert asyncio.run(run(application)) == f"A {text}"
