"""The command `serve` in a process of its own, and requests to it."""

import contextlib
import http.client
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# The origin of pages that may use the shared server.
ORIGIN = "https://example.org"
SECONDS_TO_START = 240
SECONDS = 120


class Answer:
    """The status, the headers and the body of a response."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


class ServerProcess:
    """A running server.

    Args:
        arguments: those of the command. The port is chosen by the system.
    """

    def __init__(self, *arguments):
        command = [sys.executable, "-m", "keras_transformer", "serve", *map(str, arguments), "--port", "0"]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines = []
        self._arrived = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.process.stderr as stream:
            for line in stream:
                self.lines.append(line)
                self._arrived.put(line)
        self._arrived.put(None)

    @property
    def events(self):
        """The lines of the log so far."""
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    def wait_for(self, event, seconds=SECONDS_TO_START, **fields):
        """Waits for an event with these fields, and returns it."""
        seen = 0
        while True:
            events = self.events
            for found in events[seen:]:
                if found["event"] == event and fields.items() <= found.items():
                    return found
            seen = len(events)
            if self._arrived.get(timeout=seconds) is None:
                raise AssertionError(f"the server ended before {event}: {''.join(self.lines)[-3000:]}")

    def start(self):
        """Waits until the server is ready."""
        self.port = int(self.wait_for("listening")["address"].rpartition(":")[2])
        self.wait_for("ready")
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path, content=None, method=None, **headers):
        """Sends a request. A `content` that is neither None nor bytes is sent as JSON."""
        if content is not None and not isinstance(content, bytes):
            content = json.dumps(content).encode()
            headers.setdefault("Content-Type", "application/json")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def close(self):
        """Waits for the end of the process and its output."""
        self.process.wait(timeout=SECONDS)
        self._reader.join(timeout=SECONDS)
        self.process.stdout.close()

    def end(self, number=signal.SIGTERM):
        """Sends a signal, and returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=SECONDS)


@contextlib.contextmanager
def running_server(*arguments):
    """Yields a `ServerProcess` that is ready, and ends it."""
    server = ServerProcess(*arguments)
    try:
        yield server.start()
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.close()
