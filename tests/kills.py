"""Kills of a process in the middle of what it writes."""

import os
import signal
import sys
import warnings

# Audit events of Python for changes of files.
_CHANGES = ("open", "os.mkdir", "os.remove", "os.rename", "os.truncate")


def is_killed(function, number):
    """Runs a function in a copy of this process that SIGKILL ends before its change of a file with this number.

    Args:
        function: called without arguments; it must not compute with TensorFlow, whose threads the copy lacks.
        number: the number of the change, from 0.

    Returns:
        Whether the process was killed; False where the function has ended before.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # The copy does not have the threads.
        child = os.fork()
    if child == 0:
        try:
            left = iter(range(number))

            def kill(event, arguments):
                if event in _CHANGES and next(left, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(kill)
            function()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), status
    return status != 0
