"""Runs commands in forks of a process that has already imported the library, so that each starts fast.

The first line of an answer is the process id, the second the exit status. The forks are real processes: they can be
killed, and they end as the installed command does.
"""

import json
import os
import resource
import signal
import sys
import threading
import time

import fuzz.quiet_start  # noqa: F401, isort: skip  (before TensorFlow)

from fuzz.planted import plant_from_environment
from keras_transformer.cli.command_group import COMMANDS, imported_command
from keras_transformer.cli.main import run
from keras_transformer.processes.command_process import begin_command

# Python raises these audit events before it changes the disk.
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.link", "os.symlink"}


def kill_at_change(folder, number, microseconds):
    """Kills this process shortly after it begins its change number `number` below a folder."""
    left = [number]

    def kill_later():
        time.sleep(microseconds / 1e6)
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(event, arguments):
        is_change = event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & 3)
        if not is_change or not str(arguments[0]).startswith(folder):
            return
        left[0] -= 1
        if left[0] == 0:
            if not microseconds:
                os.kill(os.getpid(), signal.SIGKILL)
            threading.Thread(target=kill_later, daemon=True).start()

    sys.addaudithook(watch)


def become(request):
    """Turns a fork into the process that a request describes."""
    source = os.open(request.get("stdin") or os.devnull, os.O_RDONLY)
    os.dup2(source, 0)
    for number, name in ((1, "output"), (2, "errors")):
        file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(file, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (as long as the process)
    if request.get("file_size"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size"], request["file_size"]))
    if request.get("kill"):
        kill_at_change(**request["kill"])
    sys.argv[1:] = request["arguments"]
    begin_command()
    return run()


def serve(channel):
    """Forks for every request. Returns only in a fork, with its exit status."""
    for line in sys.stdin.buffer:
        process = os.fork()
        if process == 0:
            return become(json.loads(line))
        channel.write(f"{process}\n")
        channel.flush()
        _, status = os.waitpid(process, 0)
        channel.write(f"{os.waitstatus_to_exitcode(status)}\n")
        channel.flush()
    return 0


if __name__ == "__main__":
    for command in COMMANDS:
        imported_command(command)
    plant_from_environment()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answers.write("ready\n")
    answers.flush()
    sys.exit(serve(answers))
