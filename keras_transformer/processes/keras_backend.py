import importlib.util
import json
import os
import pathlib
import sys

from keras_transformer.errors import InputError


def keras_backend():
    """Returns the name of Keras's backend, without importing Keras.

    An imported Keras is asked. Otherwise the name is read as Keras reads it: from the environment variable
    KERAS_BACKEND, or from `keras.json` in KERAS_HOME or `~/.keras`.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"].backend.backend()
    return os.environ.get("KERAS_BACKEND") or _configured() or "tensorflow"


def check_backend():
    """Raises an `InputError` if the Keras backend of the environment variable is not installed."""
    backend = os.environ.get("KERAS_BACKEND")
    if backend and importlib.util.find_spec(backend.partition(".")[0]) is None:
        raise InputError(
            f"KERAS_BACKEND is {ascii(backend)[1:-1]}, which is not installed. Install it, or set "
            "KERAS_BACKEND=tensorflow."
        )


def _configured():
    """Returns the backend in Keras's settings, or None."""
    folder = os.environ.get("KERAS_HOME") or pathlib.Path("~").expanduser() / ".keras"
    try:
        settings = json.loads((pathlib.Path(folder) / "keras.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return settings.get("backend") if isinstance(settings, dict) else None
