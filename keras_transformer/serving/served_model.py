import gc
import threading
import time

from keras_transformer.serving.loaded_version import LoadedVersion, State
from keras_transformer.serving.request_error import RequestError

# Number of ended versions whose state is still reported.
_MOST_ENDED = 10
_SECONDS_BETWEEN_LOOKS = 0.05
# Time after which a version is loaded again that had no memory or no files.
_SECONDS_TO_RETRY = 60.0


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
        with self._lock:
            found = [version for version in self._versions.values() if version.state is State.AVAILABLE]
        return sorted(found, key=lambda version: version.number, reverse=True)

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
        # A version that ends meanwhile can have a successor.
        while versions := [version for version in self.available if number in (None, version.number)]:
            for version in versions:
                if version.acquire():
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
            is_due = known is None or (known.state is State.END and _may_load_again(known, files))
            if is_due and (is_steady or is_first):
                self._load_version(number, path, files)
        if any(version.number in chosen for version in self.available):
            for version in self.available:
                if version.number not in chosen:
                    self._unload(version)
        self._forget_ended()

    def report(self):
        """Sets the metric of the versions that answer."""
        for version in self.available:
            self._metrics.versions.labels(self.name, version.number).set(1)

    def close(self):
        """Unloads all versions. The thread of `poll` calls it."""
        for version in self.available:
            self._unload(version)

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
            retry_time = time.monotonic() + _SECONDS_TO_RETRY if _is_of_system(error) else None
            version.fail(" ".join(str(error).split()) or type(error).__name__, retry_time)
            self._log("version_failed", model=self.name, version=number, path=str(path), error=version.error)
            return
        with self._lock:
            version.start(engine)
        self.report()
        seconds = round(time.monotonic() - start, 3)
        self._log("version_available", model=self.name, version=number, path=str(path), seconds=seconds)

    def _unload(self, version):
        """Ends a version after its requests."""
        with self._lock:
            version.unload()
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


def _may_load_again(version, files):
    """Returns whether an ended version is due: it had no error, its files have changed, or its time has come."""
    is_late = version.retry_time is not None and time.monotonic() >= version.retry_time
    return not version.error or version.files != files or is_late


def _is_of_system(error):
    """Returns whether an error can pass: no memory, or an error of the system such as too many open files."""
    errors = error, error.__context__
    return any(isinstance(each, MemoryError) or getattr(each, "errno", None) is not None for each in errors)


def not_found(name, number=None):
    """Returns the error of a model or version that is not served, in the words of TensorFlow Serving."""
    request = f"Latest({name})" if number is None else f"Specific({name}, {number})"
    return RequestError(404, f"Servable not found for request: {request}")


def unknown_label(label):
    """Returns the error of a label that no version has, in the words of TensorFlow Serving."""
    return RequestError(400, f"Unrecognized servable version label: {label}")
