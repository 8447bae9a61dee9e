"""Signal handling and standard streams of the process of a command.

Python runs signal handlers only between two of its instructions, and one call of TensorFlow can take seconds. A thread
therefore waits for signals as well. It raises a KeyboardInterrupt in the command and ends the process if the command
does not end within a short time. Programs that import the library keep their own signal handlers.
"""

import contextlib
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import threading

EXIT_INPUT_ERROR = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT
# Set by a launcher that keeps the other end of the process's standard input open until the launcher ends.
WATCHED = "KERAS_TRANSFORMER_WATCHED"
# Seconds from the signal to the end of the process. A launcher gets more time than the processes that it ends.
_SECONDS_TO_END = 0.8 if os.environ.get(WATCHED) else 1.2
_SECONDS_TO_FLUSH = 0.2
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

_received = []
_last_words = []
_children = set()
_to_remove = set()
_may_end_in_order = False
_is_command = False


def is_command():
    """Returns whether this process runs a command, that is, has called `begin_command`."""
    return _is_command


def begin_command():
    """Prepares the process before TensorFlow is imported. Until `end_in_order`, a signal ends it at once."""
    global _is_command
    _is_command = True
    _open_standard_streams()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    handle_signals()
    sys.unraisablehook = _report_unraisable
    sys.excepthook = _report_uncaught
    threading.Thread(target=_watch, args=(reader,), daemon=True).start()


def handle_signals():
    """Sets the signal handlers of a command. Call it again after a library has set its own handlers.

    Ignored signals, such as under `nohup`, stay ignored.
    """
    if signal.getsignal(signal.SIGINT) in (signal.default_int_handler, _handle):
        signal.signal(signal.SIGINT, _handle)
    for number in _SIGNALS[1:]:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def end_in_order(allowed=True):
    """Sets whether a signal first raises a KeyboardInterrupt or ends the process at once."""
    global _may_end_in_order
    _may_end_in_order = allowed


def ignore_signals():
    """Ignores the signals from now on: the work is done, and the process keeps the exit status of its command.

    Python sets its own handlers back to the system's default while it ends, and a signal in that time would give the
    status of a process without handlers. It leaves ignored signals ignored.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def is_interrupted():
    """Returns whether a signal that ends the process was received."""
    return bool(_received)


def end_with_status_of(number):
    """Records a signal that the caller handles, so that a command ends with its status."""
    if _is_command:
        _received.append(number)


def interrupted_status():
    """Returns the exit status after a KeyboardInterrupt: 130 for Ctrl-C, 143 for SIGTERM, 138 for SIGUSR1."""
    return 128 + _received[0] if _received else EXIT_INTERRUPTED


def end_process(status):
    """Flushes the output and ends the process without waiting for TensorFlow's threads, which can take seconds."""
    for child in list(_children):
        _kill(child)
    for path in [*_to_remove, *_generated_files()]:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    # A thread that is writing has locked the stream, possibly forever.
    flusher = threading.Thread(target=_flush, daemon=True)
    flusher.start()
    flusher.join(_SECONDS_TO_FLUSH)
    os._exit(status)


@contextlib.contextmanager
def ended_by_signals():
    """Lets signals end the process of a command as they end a program without handlers, within the block.

    Native code that holds the lock of Python's interpreter for seconds blocks every handler that is written in Python.
    """
    replaced = {}
    if _is_command and threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) is _handle:
                replaced[number] = signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def last_words(describe):
    """Prints a line to standard error if a signal ends the block.

    Args:
        describe: a function that is called then. It returns the line, or None for no line.
    """
    _last_words.append(describe)
    try:
        yield
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or is_interrupted():  # A library can convert the KeyboardInterrupt.
            _say_last_words()
        raise
    finally:
        if describe in _last_words:
            _last_words.remove(describe)


@contextlib.contextmanager
def removed_at_end(path):
    """Removes a file or folder if a signal ends the process at once within the block.

    Args:
        path: a `pathlib.Path`.
    """
    _to_remove.add(path)
    try:
        yield
    finally:
        _to_remove.discard(path)


def run_child(command, temporary=None):
    """Runs a child process, which ends with this process.

    In a command, the processes that the child starts end as well. Elsewhere, they get the signals of the terminal.

    Args:
        command: program and arguments.
        temporary: a folder for temporary files of the child, which cannot remove them if it is killed. Default: that of
            the system.

    Returns:
        Its exit status and its standard error as text.
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    environment = None if temporary is None else {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        list(map(str, command)),
        env=environment,
        text=True,
        errors="replace",
        # A process group of its own, which is killed as a whole. Only a command handles the signals of its terminal.
        start_new_session=_is_command,
        **pipes,
    ) as child:
        _children.add(child)
        try:
            _, errors = child.communicate()
        except BaseException:
            _kill(child)
            raise
        finally:
            _children.discard(child)
    return child.returncode, errors


def _kill(child):
    """Kills a child of `run_child` and the processes that it has started."""
    with contextlib.suppress(OSError):  # It has ended.
        if os.getpgid(child.pid) == child.pid:
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()


def _generated_files():
    """Returns the temporary files of TensorFlow's AutoGraph, which removes them only at an exit by Python."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("__autograph_generated_file")]
    return [pathlib.Path(module.__file__) for module in modules if getattr(module, "__file__", None)]


def _open_standard_streams():
    """Opens closed standard streams, because a file that is opened later would get their number and output."""
    for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    # Without standard error, `print` writes errors to standard output. The other streams stay None, which is checked.
    if sys.stderr is None:
        sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (never closed)


def _handle(number, frame):
    _received.append(number)
    if not _may_end_in_order or len(_received) > 1:
        end_process(128 + number)
    raise KeyboardInterrupt


def _report_unraisable(unraisable, report=sys.unraisablehook):
    """Prints no KeyboardInterrupt that Python cannot raise, as in the callback by which JAX collects garbage.

    The command continues. `_watch` ends the process.
    """
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        report(unraisable)


def _report_uncaught(kind, error, traceback, report=sys.excepthook):
    """Prints no error after a signal. Native code, such as TensorFlow's, prints those that the interruption causes."""
    if not _received:
        report(kind, error, traceback)


def _watch(reader):
    """Ends the process a short time after a signal, or at once after a second signal."""
    while (number := os.read(reader, 1)[0]) not in _SIGNALS:  # Others do not end the process.
        pass
    if _may_end_in_order:
        select.select([reader], [], [], _SECONDS_TO_END)
    _say_last_words()
    end_process(128 + number)


def _say_last_words():
    while _last_words:
        if line := _last_words.pop()():
            print(line, file=sys.stderr)


def _flush():
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
