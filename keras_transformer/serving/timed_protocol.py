from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEADER_BYTES = 65536


class TimedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits of the time and the size of the headers of a request.

    Without them, a client could hold a connection open and send a header a minute. `header_seconds` is set by
    `timed_protocol`.
    """

    header_seconds = 10.0
    _timer = None
    _header_bytes = 0

    def connection_made(self, transport):
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc):
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data):
        if self._timer is not None:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._timer is not None and self._header_bytes > _MOST_HEADER_BYTES:
            self._end()

    def on_message_begin(self):
        self._start_timer()
        super().on_message_begin()

    def on_headers_complete(self):
        self._stop_timer()
        super().on_headers_complete()

    def _start_timer(self):
        self._stop_timer()
        self._timer = self.loop.call_later(self.header_seconds, self._end)

    def _stop_timer(self):
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._header_bytes = None, 0

    def _end(self):
        self._stop_timer()
        if not self.transport.is_closing():
            self.transport.close()


def timed_protocol(seconds):
    """Returns the protocol with a limit of the time of the headers in seconds."""
    return type("TimedProtocol", (TimedProtocol,), {"header_seconds": seconds})
