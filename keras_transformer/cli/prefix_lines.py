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

# Number of prefixes that are checked at a time.
_CHECKED_AT_ONCE = 1024


@contextlib.contextmanager
def opened_with_prefixes(source, prefix):
    """Opens the input and the file of prefixes, and compares their numbers of lines before any work.

    A pipe and standard input are copied to a temporary file first, because their lines can be read only once.

    Args:
        source: path of the input, or None for standard input.
        prefix: path of the prefixes, or None.

    Yields:
        The binary file of the input, its name, a function from a number to the list of so many next prefixes, and a
        function that raises an InputError if a prefix cannot begin a translation, of the arguments of
        `_check_prefixes` from `translator`. Without prefixes, both functions return None.

    Raises:
        InputError: a file cannot be read, a line is not UTF-8, or there are fewer prefixes than lines.
    """
    with contextlib.ExitStack() as stack:
        file, name = stack.enter_context(opened_input(source))
        if prefix is None:
            yield file, name, lambda count: None, lambda *arguments: None
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

        def check(*arguments):
            with _from_start(file, source) as texts, _from_start(prefix_file, prefix) as prefixes:
                _check_prefixes(decoded_lines(texts, name), decoded_lines(prefixes, prefix), prefix, *arguments)

        yield file, name, lambda count: list(itertools.islice(lines, count)), check


def _check_prefixes(texts, prefixes, name, translator, max_length, glossary):
    """Raises an InputError with the line of the first prefix that has an unknown character or too many tokens."""
    from keras_transformer.text.masking import Masking  # noqa: PLC0415 (imports TensorFlow)
    from keras_transformer.text.prefixes import PrefixError, checked_prefix_rows  # noqa: PLC0415

    target, number = translator.tokenizers.target, 1
    while chunk := list(itertools.islice(texts, _CHECKED_AT_ONCE)):
        masking = Masking(translator.tokenizers, chunk, glossary, copies=False)
        found = list(itertools.islice(prefixes, len(chunk)))
        try:
            checked_prefix_rows(target, found, len(chunk), max_length, masking.prefixes)
        except PrefixError as error:
            raise InputError(f"{name}, line {number + error.index}: {error}") from None
        number += len(chunk)


def _counted(file, name, path, stack):
    """Returns a file with the same lines, and their number."""
    if not _is_file(path):
        copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
        with naming(tempfile.gettempdir()):
            shutil.copyfileobj(file, copy)
            copy.flush()
        copy.seek(0)
        file = copy
    with _from_start(file, path) as copy:
        return file, sum(1 for _ in decoded_lines(copy, name))


@contextlib.contextmanager
def _from_start(file, path):
    """Yields a file with the same lines at its start. Reading it does not move the given one."""
    if _is_file(path):
        with opened_input(path) as (copy, _):
            yield copy
        return
    position = file.tell()
    file.seek(0)
    yield file
    file.seek(position)


def _is_file(path):
    return path is not None and path.is_file()
