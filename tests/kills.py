"""Kills of a process while it writes files."""

import os
import signal
import sys
import warnings

# Audit events of Python for changes of files.
_CHANGES = ("open", "os.mkdir", "os.remove", "os.rename", "os.truncate")


def is_killed(function, number):
    """Runs a function in a fork that SIGKILL ends before its change of a file with this number.

    Args:
        function: called without arguments. It must not compute with TensorFlow, whose threads a fork lacks.
        number: the number of the change, from 0.

    Returns:
        Whether the process was killed; False if the function ended before.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # The fork does not have the threads.
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
