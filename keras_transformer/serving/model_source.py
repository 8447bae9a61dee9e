import pathlib
import re

from keras_transformer.errors import InputError
from keras_transformer.saving.model_files import CONFIG_NAME, WEIGHTS_NAME
from keras_transformer.text.tokenizers import FILE_NAMES

SAVED_MODEL_NAME = "saved_model.pb"
_NUMBER = re.compile("0|[1-9][0-9]{0,17}")


class ModelSource:
    """The versions of a model on disk.

    The path is one of: a model folder, whose number of the version grows when its files change; a SavedModel with
    `saved_model.pb`; or a folder with such folders whose names are numbers, as TensorFlow Serving's `base_path`.

    Args:
        path: the path.

    Raises:
        InputError: the path is none of these.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.is_base = not is_version(self.path)
        self._fingerprints = []
        if not self.versions():
            raise InputError(
                f"{path}: expected a model folder, a SavedModel, or a folder with one of them as a version, such as "
                f"{self.path.name or 'models'}/1. Received: {'another folder' if self.path.is_dir() else 'no folder'}."
            )

    @property
    def name(self):
        """The default name of the model: that of its folder."""
        path = self.path.resolve()
        return path.parent.name if not self.is_base and _NUMBER.fullmatch(path.name) else path.name

    def versions(self):
        """Returns the paths of the versions that exist by number, and the state of the files of each.

        A state is compared with that of the last look. A version whose files change is taken at the next look.
        """
        if self.is_base:
            return {number: (path, fingerprint(path)) for number, path in _numbered(self.path).items()}
        found = fingerprint(self.path) if is_version(self.path) else None
        if found is None:
            return {}
        if _NUMBER.fullmatch(self.path.name) and (self.path / SAVED_MODEL_NAME).is_file():
            return {int(self.path.name): (self.path, found)}
        if found not in self._fingerprints:
            self._fingerprints.append(found)
        return {1 + self._fingerprints.index(found): (self.path, found)}


def is_version(path):
    """Returns whether a folder has the files of a version: a SavedModel or a model folder."""
    return (path / SAVED_MODEL_NAME).is_file() or (path / CONFIG_NAME).is_file()


def fingerprint(path):
    """Returns names, sizes and times of the files of a version, or None if some cannot be read."""
    if (path / SAVED_MODEL_NAME).exists():
        files = [path / SAVED_MODEL_NAME, *sorted(path.glob("variables/*"))]
    else:
        files = [path / CONFIG_NAME, path / WEIGHTS_NAME, *(path / name for name in FILE_NAMES)]
        files = [file for file in files if file.exists()]
    try:
        states = [(file.name, file.stat()) for file in files]
    except OSError:
        return None
    return tuple((name, state.st_size, state.st_mtime_ns, state.st_ino) for name, state in states) or None


def _numbered(path):
    try:
        entries = list(path.iterdir())
    except OSError:
        return {}
    return {int(entry.name): entry for entry in entries if _NUMBER.fullmatch(entry.name) and is_version(entry)}
