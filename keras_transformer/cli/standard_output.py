import sys

import click

from keras_transformer.errors import InputError
from keras_transformer.files.whole_files import naming
from keras_transformer.processes.printable import printable


def check_standard_output(alternative=None):
    """Raises an `InputError` if standard output is closed.

    Args:
        alternative: the option for an output file. Default None.
    """
    if sys.stdout is None:
        advice = f". Set {alternative}" if alternative else ", but it is needed for the results"
        raise InputError(f"standard output is closed{advice}.")


def print_result(text):
    """Prints a line to standard output and flushes it."""
    with naming("standard output"):
        click.echo(text)


def print_path(path):
    """Prints the path of a result, with control characters escaped."""
    print_result(printable(str(path)))
