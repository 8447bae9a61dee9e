import gc
import threading
import time

from keras_transformer.serving.loaded_version import LoadedVersion, State
from keras_transformer.serving.request_error import RequestError

# Number of ended versions whose state is still reported.
_MOST_ENDED = 10
_SECONDS_BETWEEN_LOOKS = 0.05


class ServedModel:
    """The versions of one model in memory.

    Args:
        name: the name of the model.
        source: the `ModelSource`.
        policy: the `VersionPolicy`.
        load: a function from the path of a version to its `Engine`, warmed up.
        log: a function that writes an event with fields.
        metrics: the `ServerMetrics`.
    """

    def __init__(self, name, source, policy, load, log, metrics):
        self.name = name
        self.source = source
        self.policy = policy
        self._load = load
        self._log = log
        self._metrics = metrics
        self._lock = threading.Lock()
        self._versions = {}
        self._seen = {}

    @property
    def versions(self):
        """The `LoadedVersion` of each number that was served, highest first."""
        with self._lock:
            return [self._versions[number] for number in sorted(self._versions, reverse=True)]

    @property
    def available(self):
        """The versions that answer, highest first."""
        return [version for version in self.versions if version.state is State.AVAILABLE]

    @property
    def is_settled(self):
        """Whether every chosen version was loaded or has failed."""
        return bool(self._versions) and all(
            version.state not in (State.START, State.LOADING) for version in self.versions
        )

    @property
    def error(self):
        """The message of the last version that could not be loaded, or None."""
        return next((version.error for version in self.versions if version.error), None)

    def acquire(self, number=None, label=None):
        """Returns the `LoadedVersion` for a request, which must release it.

        Args:
            number: number of the version. Default None: the highest.
            label: label of the version instead of its number. Default None.

        Raises:
            RequestError: no such version is loaded, or the label is unknown.
        """
        if label is not None:
            number = dict(self.policy.labels).get(label)
            if number is None:
                raise unknown_label(label)
        for version in self.available:
            if number in (None, version.number) and version.acquire():
                return version
        raise not_found(self.name, number)

    def poll(self):
        """Loads new versions and unloads old ones, after one look at the files. One thread calls it."""
        found = self.source.versions()
        chosen = self.policy.chosen(found)
        is_first = not self._versions
        for number in chosen:
            path, files = found[number]
            is_steady = files is not None and self._seen.get(number) == files
            self._seen[number] = files
            known = self._versions.get(number)
            # A version that has failed is tried again when its files change.
            is_due = known is None or (known.state is State.END and not (known.error and known.files == files))
            if is_due and (is_steady or is_first):
                self._load_version(number, path, files)
        if any(version.number in chosen for version in self.available):
            for version in self.available:
                if version.number not in chosen:
                    self._unload(version)
        self._forget_ended()

    def _load_version(self, number, path, files):
        version = LoadedVersion(number, files)
        with self._lock:
            self._versions[number] = version
        version.state = State.LOADING
        start = time.monotonic()
        try:
            engine = self._load(path)
            if self.source.versions().get(number) != (path, files):
                raise OSError(f"{path}: its files have changed while they were read.")
        except Exception as error:  # A damaged file can raise any error.
            version.fail(" ".join(str(error).split()) or type(error).__name__)
            self._log("version_failed", model=self.name, version=number, path=str(path), error=version.error)
            return
        version.start(engine)
        self._metrics.versions.labels(self.name, number).set(1)
        seconds = round(time.monotonic() - start, 3)
        self._log("version_available", model=self.name, version=number, path=str(path), seconds=seconds)

    def _unload(self, version):
        """Ends a version after its requests."""
        version.state = State.UNLOADING
        while version.requests:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        version.end()
        gc.collect()
        self._metrics.versions.remove(self.name, str(version.number))
        self._log("version_unloaded", model=self.name, version=version.number)

    def _forget_ended(self):
        ended = [version.number for version in self.versions if version.state is State.END]
        with self._lock:
            for number in ended[_MOST_ENDED:]:
                del self._versions[number]


def not_found(name, number=None):
    """Returns the error of a model or version that is not served, in the words of TensorFlow Serving."""
    request = f"Latest({name})" if number is None else f"Specific({name}, {number})"
    return RequestError(404, f"Servable not found for request: {request}")


def unknown_label(label):
    """Returns the error of a label that no version has, in the words of TensorFlow Serving."""
    return RequestError(400, f"Unrecognized servable version label: {label}")
