import enum
import threading


class State(enum.Enum):
    """State of a version, in the words of TensorFlow Serving."""

    START = "START"
    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    END = "END"


class LoadedVersion:
    """One version of a model, and the number of its requests.

    Attributes:
        retry_time: time of `time.monotonic` after which a version that has failed is loaded again, or None if never.

    Args:
        number: number of the version.
        files: the state of its files when it was loaded.
    """

    def __init__(self, number, files):
        self.number = number
        self.files = files
        self.state = State.START
        self.error = None
        self.retry_time = None
        self.engine = None
        self.requests = 0
        self._lock = threading.Lock()

    def start(self, engine):
        """Makes the version available."""
        self.engine = engine
        self.state = State.AVAILABLE

    def fail(self, error, retry_time=None):
        """Ends the version, which could not be loaded."""
        self.error, self.retry_time = error, retry_time
        self.state = State.END

    def unload(self):
        """Ends the version for new requests."""
        with self._lock:
            self.state = State.UNLOADING

    def end(self):
        """Frees the memory of the version."""
        self.engine = None
        self.state = State.END

    def acquire(self):
        """Counts a request, and returns whether the version is available."""
        with self._lock:
            if self.state is not State.AVAILABLE:
                return False
            self.requests += 1
            return True

    def release(self):
        """Counts the end of a request."""
        with self._lock:
            self.requests -= 1
