import asyncio
import time
import zlib

from keras_transformer.serving.request_error import RequestError
from keras_transformer.serving.request_facts import RequestFacts

_CLOSED = {"Connection": "close"}
# Bits of zlib's window for data in the format of gzip.
_GZIP = 31


class Exchange:
    """A request and the connection of its client.

    Args:
        scope, receive: those of ASGI.
        settings: the `ServingSettings`.
    """

    def __init__(self, scope, receive, settings):
        self.scope = scope
        self.facts = RequestFacts()
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self._receive = receive
        self._settings = settings
        self._gone = None
        self._start = time.monotonic()

    @property
    def method(self):
        """The method, such as "POST"."""
        return self.scope["method"]

    @property
    def path(self):
        """The path as it was sent, with its percent signs."""
        return self.scope["raw_path"].decode("latin-1").partition("?")[0]

    @property
    def media_type(self):
        """The type of the body, such as "application/json", or ""."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def body(self):
        """Returns the bytes of the body, uncompressed.

        Raises:
            RequestError: the body is too large (413) or too slow (408), its encoding is not gzip (415), or the client
                has closed the connection.
        """
        most = self._settings.max_bytes
        body = await self._sent_body(most)
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding in ("", "identity") or not body:
            return body
        if encoding not in ("gzip", "x-gzip"):
            raise RequestError(415, f"The content encoding must be gzip or identity. Received: {encoding[:100]}")
        return _uncompressed(body, most)

    async def _sent_body(self, most):
        if int(self.headers.get("content-length") or 0) > most:
            raise _too_large(most)
        chunks, size = [], 0
        end = self._start + self._settings.max_seconds
        while True:
            try:
                event = await asyncio.wait_for(self._receive(), end - time.monotonic())
            except TimeoutError:
                seconds = self._settings.max_seconds
                raise RequestError(408, f"The request was not received in {seconds:g} s.", _CLOSED) from None
            if event["type"] == "http.disconnect":
                raise RequestError(499, "The client has closed the connection.")
            chunks.append(event.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                raise _too_large(most)
            if not event.get("more_body"):
                return b"".join(chunks)

    def gone(self):
        """Returns a task that ends when the client closes the connection. The body must have been read."""
        if self._gone is None:
            self._gone = asyncio.ensure_future(self._end_of_connection())
        return self._gone

    async def _end_of_connection(self):
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def close(self):
        """Ends the task of `gone`."""
        if self._gone is not None:
            self._gone.cancel()


def _uncompressed(body, most):
    decompressor = zlib.decompressobj(_GZIP)
    try:
        found = decompressor.decompress(body, most + 1)
    except zlib.error:
        raise RequestError(400, "The body is not gzip.") from None
    if len(found) > most:
        raise _too_large(most)
    if not decompressor.eof or decompressor.unused_data:
        raise RequestError(400, "The body is not one complete gzip file.")
    return found


def _too_large(most):
    return RequestError(413, f"The request is too large. At most {most} bytes are allowed.", _CLOSED)
