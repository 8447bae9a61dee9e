"""The command: `python -m keras_transformer`, and the script `keras-transformer`."""

import importlib
import sys

from keras_transformer.errors import NO_WINDOWS
from keras_transformer.processes.command_process import begin_command


def run():
    """Runs the command line, and returns its exit status."""
    if sys.platform == "win32":  # Most modules below cannot be imported there.
        print(f"keras-transformer: {NO_WINDOWS}", file=sys.stderr)
        return 2
    begin_command()  # From here on a signal ends the process in its own way, so the rest is imported afterwards.
    return importlib.import_module("keras_transformer.cli.main").run()


if __name__ == "__main__":
    sys.exit(run())
