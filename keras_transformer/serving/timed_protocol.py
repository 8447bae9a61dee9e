from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEADER_BYTES = 65536
# Bytes of a response that a client must read in `header_seconds`.
_LEAST_BYTES = 10_000
# Connections above the limit of requests that get the status 503. More are closed at once.
_MOST_REFUSED = 64


class TimedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits of the time and the size of the headers, and of the time of unread responses.

    Without them, a client could hold a connection open and send a header a minute, or read no response.
    `header_seconds` is set by `timed_protocol`.

    The scope of a request has `waiting`: the requests of the connection that have arrived after it.
    """

    header_seconds = 10.0
    _timer = None
    _header_bytes = None
    _reading = None

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
        super().data_received(data)
        if self._header_bytes is not None and self._header_bytes > _MOST_HEADER_BYTES:
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

    def on_headers_complete(self):
        self._stop_timer()
        self._header_bytes = None
        self.scope["waiting"] = self.pipeline
        super().on_headers_complete()

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


def timed_protocol(seconds):
    """Returns the protocol with a limit of the time of the headers in seconds."""
    return type("TimedProtocol", (TimedProtocol,), {"header_seconds": seconds})
