"""Health, metrics, the log, CORS, and requests that must not hurt others."""

import contextlib
import errno
import json
import socket

import pytest
from server_process import ORIGIN

PATH = "/v1/models/phrases:predict"
GOOD = {"instances": ["나는 어제 카페에 갔다."]}


@pytest.fixture
def good(server):
    """The response of a good request, the same before and after the test."""
    expected = server.ask(PATH, GOOD).json
    yield expected
    assert server.ask(PATH, GOOD).json == expected


def head(method, path, length, host="a"):
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n".encode()


def exchanged(server, *parts):
    """Sends parts of bytes on one connection, and returns what the server sends until it closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        # A server that closes without reading the rest of a request resets the connection, at any of these calls. What
        # it has sent before can still be read.
        try:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            if error.errno not in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
                raise
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := connection.recv(65536):
                found += chunk
        return found


def send_often(connection, chunk):
    for _ in range(200):
        connection.sendall(chunk)


def test_health_and_readiness(server):
    assert server.ask("/health").json == {"status": "ok"}
    assert server.ask("/ready").json == {"status": "ready", "models": {"phrases": [1]}}


def test_metrics_count_requests_texts_and_characters(server, good):
    def figures():
        lines = server.ask("/metrics").body.decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    before = figures()
    server.ask(PATH, {"instances": ["가나다", "라"]})
    after = figures()
    names = {
        'keras_transformer_requests_total{route="predict",status="200"}': 1,
        'keras_transformer_texts_total{model="phrases"}': 2,
        'keras_transformer_characters_total{model="phrases"}': 4,
        "keras_transformer_batch_texts_sum": 2,
        'keras_transformer_request_seconds_count{route="predict"}': 1,
    }
    assert {name: float(after[name]) - float(before[name]) for name in names} == names
    assert float(after["keras_transformer_queue_texts"]) == 0
    assert after['keras_transformer_version_available{model="phrases",version="1"}'] == "1.0"
    assert server.ask("/monitoring/prometheus/metrics").status == 200


def test_the_log_has_requests_without_their_texts(server):
    server.ask("/translate?q=%EB%B9%84%EB%B0%80&source=ko&target=en", b"", method="POST")
    event = server.wait_for("request", route="translate", path="/translate", status=200)
    assert event["texts"] == 1
    assert {"time", "client", "method", "milliseconds", "characters", "model", "version"} <= set(event)
    log = "".join(server.lines)
    assert "비밀" not in log
    assert "%EB" not in log
    assert "\\ub" not in log


def test_pages_of_an_allowed_origin_may_use_the_server(server):
    answer = server.ask("/health", Origin=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    headers = {"Origin": ORIGIN, "Access_Control_Request_Method": "POST"}
    assert server.ask("/translate", method="OPTIONS", **headers).status == 200
    assert "Access-Control-Allow-Origin" not in server.ask("/health", Origin="https://other.org").headers


def test_a_request_that_is_too_large_is_refused(server, good):
    answer = server.ask("/translate", {"q": "a" * 100_001, "source": "ko", "target": "en"})
    assert (answer.status, answer.error) == (400, "Invalid request: request (100001) exceeds text limit (100000)")
    answer = server.ask(PATH, {"instances": ["a" * 100_001]})
    assert (answer.status, answer.error) == (413, "The request has 100001 characters. At most 100000 are allowed.")
    answer = server.ask(PATH, {"instances": ["a"] * 257})
    assert (answer.status, answer.error) == (413, "The request has 257 texts. At most 256 are allowed.")
    found = exchanged(server, head("POST", PATH, 10**9), b"{")
    assert found.startswith(b"HTTP/1.1 413")


def test_a_megabyte_in_chunks_is_refused(server, good):
    start = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(start)
        with pytest.raises(OSError, match="reset|Broken pipe"):
            send_often(connection, chunk)


def test_pipelined_requests_are_answered_in_order(server, good):
    bodies = [json.dumps({"instances": [text]}).encode() for text in ("가", "나는 어제 카페에 갔다.", "")]
    parts = [head("POST", PATH, len(body)) + body for body in bodies]
    last = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"".join(parts) + last)
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
    answers = [json.loads(part.rpartition(b"\r\n\r\n")[2]) for part in found.split(b"HTTP/1.1 ")[1:]]
    expected = [server.ask(PATH, body).json for body in bodies]
    assert answers == [*expected, {"status": "ok"}]


@pytest.mark.parametrize(
    "poison",
    [
        b"\x00\xff\x16\x03\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        head("POST", PATH, 100) + b"{",
        head("POST", PATH, 20) + b'{"instances": ["\xff\xfe"]}',
        head("POST", PATH, 5) + b"[[[[[",
        head("POST", PATH, 200_000) + b"[" * 200_000,
        head("POST", PATH, "x"),
        b"POST /translate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        head("PROPFIND", "/", 0),
        b"GET " + b"/a" * 50_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=range(11),
)
def test_poison_does_not_hurt_other_requests(server, good, poison):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(poison)
    assert server.process.poll() is None


def test_a_dropped_connection_does_not_hurt_other_requests(server, good):
    body = json.dumps({"instances": ["나는 어제 카페에 갔다."] * 64}).encode()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(head("POST", PATH, len(body)) + body)
