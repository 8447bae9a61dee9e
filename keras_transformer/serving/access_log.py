import json
import sys
import threading
import time


class AccessLog:
    """Writes events as lines of JSON to standard error. They contain no text of a request.

    Args:
        stream: a text stream. Default None: standard error.
    """

    def __init__(self, stream=None):
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()

    def write(self, event, **fields):
        """Writes an event with fields, without those that are None."""
        known = {name: value for name, value in fields.items() if value is not None}
        now = time.time()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
        line = json.dumps({"time": moment, "event": event, **known})
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (OSError, ValueError):  # A full disk or a closed pipe must not stop the server.
                return
