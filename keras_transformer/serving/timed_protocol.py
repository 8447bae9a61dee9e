import sys

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEADER_BYTES = 65536
# Bytes of a response that a client must read in `header_seconds`.
_LEAST_BYTES = 10_000
# Connections above the limit of requests that get the status 503. More are closed at once.
_MOST_REFUSED = 64


class TimedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits of the time and the size of the headers, and of the time of unread responses.

    Without them, a client could hold a connection open and send a header a minute, or read no response.
    `header_seconds` and `most_address_bytes` are set by `timed_protocol`.

    The scope of a request has `waiting`: the requests of the connection that have arrived after it. A request with a
    header such as `Upgrade: h2c` is answered over HTTP/1.1.
    """

    header_seconds = 10.0
    most_address_bytes = 65536
    url = _address = b""
    _timer = None
    _header_bytes = None
    _reading = None
    _unread = ()

    def connection_made(self, transport):
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency + _MOST_REFUSED:
            transport.abort()
            return
        self._header_bytes = 0
        self._start_timer()

    def connection_lost(self, exc):
        self._stop_timer()
        self._stop_reading()
        super().connection_lost(exc)

    def data_received(self, data):
        if self._header_bytes is not None:
            self._header_bytes += len(data)
        self._unread = [data]
        while self._unread and not self.transport.is_closing():
            super().data_received(self._unread[0])
            del self._unread[0]
        if self._header_bytes is not None and self._are_headers_too_large:
            self._end()
        elif self._timer is None and self._is_idle:
            self._start_timer()  # uvicorn stops its own timer, also for bytes that start no request.
        self._limit_close()

    def on_message_begin(self):
        self._header_bytes = 0
        # While a response is outstanding, uvicorn may not read the rest of the headers.
        if self._is_idle:
            self._start_timer()
        super().on_message_begin()
        self.url = bytearray()  # It grows without a copy.

    def on_headers_complete(self):
        self._stop_timer()
        self._header_bytes = None
        self.scope["waiting"] = self.pipeline
        # httptools parses no address of more than 65,535 bytes. A query can have a long text.
        self._address = bytes(self.url)
        self.url, _, query = self._address.partition(b"#")[0].partition(b"?")
        super().on_headers_complete()
        self.scope["query_string"] = query

    def _should_upgrade(self):
        # uvicorn then ignores the request, and calls `handle_websocket_upgrade`.
        return any(name == b"upgrade" for name, _ in self.headers)

    def handle_websocket_upgrade(self):
        """Reads the headers again without `Upgrade`, because httptools drops the body of a request that has it."""
        start = self.scope["method"].encode(), self._address, f"HTTP/{self.scope['http_version']}\r\n".encode()
        lines = [b" ".join(start)]
        for name, value in self.headers:
            if name != b"upgrade":
                lines += [name, b": ", value, b"\r\n"]
        read = sys.exception().args[0]  # Number of bytes up to the end of the headers.
        self._unread += [b"".join([*lines, b"\r\n"]), memoryview(self._unread[0])[read:]]

    def on_response_complete(self):
        super().on_response_complete()
        self._limit_close()

    def pause_writing(self):
        super().pause_writing()
        self._limit_reading()

    def resume_writing(self):
        if not self.transport.is_closing():
            self._stop_reading()
        super().resume_writing()

    def shutdown(self):
        super().shutdown()
        self._limit_close()

    def timeout_keep_alive_handler(self):
        super().timeout_keep_alive_handler()
        self._limit_close()

    @property
    def _is_idle(self):
        """Whether the connection is open and no response is outstanding."""
        return (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing()

    @property
    def _are_headers_too_large(self):
        size = len(self.url)
        return size > self.most_address_bytes or self._header_bytes - size > _MOST_HEADER_BYTES

    def _start_timer(self):
        self._stop_timer()
        self._timer = self.loop.call_later(self.header_seconds, self._end)

    def _stop_timer(self):
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _end(self):
        self._stop_timer()
        if not self.transport.is_closing():
            self.transport.close()
        self._limit_close()

    def _limit_close(self):
        """Limits the time in which a connection that is being closed sends its last bytes."""
        if self.transport.is_closing() and self._reading is None:
            self._limit_reading()

    def _limit_reading(self, before=None):
        """Ends the connection if the client does not read. `before` is the number of unread bytes at the last look."""
        unread = self.transport.get_write_buffer_size()
        self._stop_reading()
        if before is not None and before - unread < _LEAST_BYTES:
            self.transport.abort()
        elif unread:
            self._reading = self.loop.call_later(self.header_seconds, self._limit_reading, unread)

    def _stop_reading(self):
        if self._reading is not None:
            self._reading.cancel()
        self._reading = None


def timed_protocol(seconds, most_address_bytes):
    """Returns the protocol with a limit of the time of the headers in seconds, and one of the bytes of an address."""
    limits = {"header_seconds": seconds, "most_address_bytes": most_address_bytes}
    return type("TimedProtocol", (TimedProtocol,), limits)
