import contextlib
import importlib.metadata
import os
import sys
import threading

from keras_transformer.processes.command_process import WATCHED
from keras_transformer.processes.first_process import FirstProcess
from keras_transformer.processes.other_process import OtherProcess
from keras_transformer.processes.process_settings import process_settings
from keras_transformer.version import __version__

_COMPARED = ("jax", "jaxlib", "keras", "tensorflow")


@contextlib.contextmanager
def joint_training():
    """Context of a joint training. If one process ends or is lost within it, all end with one line.

    Yields:
        The `ProcessWatch`, or None without the environment variables of a joint training.

    Raises:
        InputError: an environment variable has a wrong value, or a process does not come.
    """
    watch = process_watch()
    if watch is None:
        yield None
        return
    try:
        watch.meet()
        yield watch
    except BaseException as error:
        watch.leave(error)
        raise
    watch.finish(_shut_down)


def process_watch():
    """Returns the `ProcessWatch` of the environment variables, or None without them. See `joint_training`."""
    settings = process_settings()
    if settings is None:
        return None
    if os.environ.get(WATCHED):
        threading.Thread(target=_end_with_launcher, daemon=True).start()
    return (OtherProcess if settings.index else FirstProcess)(settings, _versions())


def _versions():
    return {"keras-transformer-mt": __version__, **{name: importlib.metadata.version(name) for name in _COMPARED}}


def _shut_down():
    if jax := sys.modules.get("jax"):
        jax.distributed.shutdown()


def _end_with_launcher():
    os.read(0, 1)  # Nothing is ever written. It returns when the launcher has ended.
    os._exit(1)
