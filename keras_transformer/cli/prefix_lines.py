"""Lines of the option `--prefix`, one for each line of the input."""

import contextlib
import itertools
import shutil
import tempfile
import warnings

from keras_transformer.cli.lines import opened_input
from keras_transformer.data import decoded_lines
from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming


@contextlib.contextmanager
def opened_with_prefixes(source, prefix):
    """Opens the input and the file of prefixes, and compares their numbers of lines before any work.

    A pipe and standard input are copied to a temporary file first, because their lines can be read only once.

    Args:
        source: path of the input, or None for standard input.
        prefix: path of the prefixes, or None.

    Yields:
        The binary file of the input, its name, and a function from a number to the list of so many next prefixes. The
        function returns None without prefixes.

    Raises:
        InputError: a file cannot be read, or there are fewer prefixes than lines.
    """
    with contextlib.ExitStack() as stack:
        file, name = stack.enter_context(opened_input(source))
        if prefix is None:
            yield file, name, lambda count: None
            return
        prefix_file, _ = stack.enter_context(opened_input(prefix))
        file, num_lines = _counted(file, name, source, stack)
        prefix_file, num_prefixes = _counted(prefix_file, prefix, prefix, stack)
        if num_prefixes < num_lines:
            raise InputError(
                f"{prefix}: expected a prefix for each of the {num_lines} lines of {name}, an empty line for none. "
                f"Received: {num_prefixes} lines."
            )
        if num_prefixes > num_lines:
            warnings.warn(
                f"{prefix} has {num_prefixes} lines, but {name} has only {num_lines}. The others are ignored.",
                stacklevel=4,
            )
        lines = decoded_lines(prefix_file, prefix)
        yield file, name, lambda count: list(itertools.islice(lines, count))


def _counted(file, name, path, stack):
    """Returns a file with the same lines, and their number."""
    if path is not None and path.is_file():
        with opened_input(path) as (copy, _):
            return file, _count(copy, name)
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
    with naming(tempfile.gettempdir()):
        shutil.copyfileobj(file, copy)
        copy.flush()
    copy.seek(0)
    count = _count(copy, name)
    copy.seek(0)
    return copy, count


def _count(file, name):
    return sum(1 for _ in decoded_lines(file, name, errors="replace"))
