import contextlib
import pathlib
import tempfile

from keras_transformer.processes.command_process import removed_at_end


@contextlib.contextmanager
def temporary_folder():
    """Yields a new temporary folder, a `pathlib.Path`. It is removed at the end, also if a signal ends the process."""
    with tempfile.TemporaryDirectory() as folder, removed_at_end(pathlib.Path(folder)):
        yield pathlib.Path(folder)
