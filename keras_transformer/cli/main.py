import contextlib
import os
import re
import sys
import traceback
import warnings

import click

from keras_transformer.cli.command_group import CommandGroup
from keras_transformer.cli.standard_output import check_standard_output, print_result
from keras_transformer.cli.version_text import version_text
from keras_transformer.errors import ExportError, InputError
from keras_transformer.files.whole_files import is_full_disk, naming
from keras_transformer.processes.command_process import (
    EXIT_INPUT_ERROR,
    begin_command,
    end_in_order,
    end_process,
    ignore_signals,
    interrupted_status,
    is_command,
    is_interrupted,
)
from keras_transformer.processes.printable import printable
from keras_transformer.processes.process_variables import leave_processes

EXIT_EXPORT_FAILED = 1
EXIT_BROKEN_PIPE = 141  # A shell's status of a program that was ended by SIGPIPE.
_OUT_OF_MEMORY = (
    "out of memory. Use a smaller model or smaller batches ([training] batch_tokens, or accumulation_steps to split "
    "them; --batch-size or --beam-size of other commands). --debug shows the traceback."
)


def _print_version(context, parameter, value):
    if value:
        check_standard_output()
        print_result(version_text())
        context.exit()


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version, the distribution and the folder, and exit.",
)
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
def cli(debug):
    """Train an encoder-decoder Transformer on parallel text, and translate with it."""


def run():
    """Entry point of the installed command: runs `main` and ends the process without waiting for other threads."""
    if not is_command():
        begin_command()
    status = main()
    if is_interrupted():
        end_process(interrupted_status())
    _drop_unwritten_output()
    end_in_order(False)
    leave_processes(status)
    ignore_signals()
    return status


def _drop_unwritten_output():
    """Drops output that could not be written, such as on a full disk, because Python would write it again at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments=None):
    """Runs the command line and returns its exit status.

    0: success. 1: failed verification of an export, or internal error. 2: wrong input. 130, 141, 143: a signal.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    # `--debug` is accepted after the command as well.
    debug = "--debug" in arguments
    arguments = ["--debug"] * debug + [argument for argument in arguments if argument != "--debug"]
    warnings.showwarning = _show_warning
    # Python shows no DeprecationWarning by default. These are for the user of a command.
    warnings.filterwarnings("default", category=DeprecationWarning, module="keras_transformer")
    try:
        with contextlib.nullcontext() if {"-h", "--help"}.isdisjoint(arguments) else _standard_output():
            return cli.main(arguments, prog_name="keras-transformer", standalone_mode=False) or 0
    except (KeyboardInterrupt, click.Abort):
        return interrupted_status()
    except SystemExit:
        # Click's reaction to a closed pipe, as in `| head -1`.
        return EXIT_BROKEN_PIPE
    except click.exceptions.NoArgsIsHelpError as error:
        _say(error.format_message())
        return EXIT_INPUT_ERROR
    except Exception as error:
        if is_interrupted():  # A library has converted the KeyboardInterrupt.
            return interrupted_status()
        if debug:
            for line in traceback.format_exc().splitlines():
                _say(printable(line))
        if isinstance(error, click.ClickException):
            return _complain(error.format_message(), error.exit_code)
        if isinstance(error, OSError) and error.filename and error.strerror:
            return _complain(f"{error.filename}: {error.strerror}.", EXIT_INPUT_ERROR)
        if isinstance(error, (InputError, OSError)):
            return _complain(str(error), EXIT_INPUT_ERROR)
        if isinstance(error, ExportError):
            return _complain(str(error), EXIT_EXPORT_FAILED)
        if is_full_disk(error):
            return _complain(str(error), EXIT_INPUT_ERROR)
        if found := re.search(r"InputError: (.+)", str(error)):  # Raised while reading text within TensorFlow.
            return _complain(found[1], EXIT_INPUT_ERROR)
        if _is_out_of_memory(error):
            return _complain(_OUT_OF_MEMORY, EXIT_INPUT_ERROR)
        return _complain(f"{type(error).__name__}: {error} (internal error; --debug shows the traceback)", 1)


@contextlib.contextmanager
def _standard_output():
    """Names standard output in the errors of the help, which Click prints."""
    check_standard_output()
    with naming("standard output"):
        yield


def _is_out_of_memory(error):
    """Returns whether Python, TensorFlow or JAX ran out of memory, without importing the latter two."""
    return isinstance(error, MemoryError) or any(
        name in f"{type(error).__name__}: {error}" for name in ("ResourceExhaustedError", "RESOURCE_EXHAUSTED")
    )


def _complain(message, status):
    _say(f"keras-transformer: {printable(' '.join(message.split()))}")
    return status


def _show_warning(message, category, filename, lineno, file=None, line=None):
    _say(f"keras-transformer: warning: {printable(' '.join(str(message).split()))}")


def _say(text):
    with contextlib.suppress(OSError):  # The exit status is kept, also if standard error is full or closed.
        print(text, file=sys.stderr)
