import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time
from typing import NamedTuple

from fuzz.fuzz_property import Failure
from fuzz.workers import cpu_seconds_of, fuzz_environment

# Thirty times the need of the longest command, and the bound for waiting on another process or a disk.
MOST_CPU_SECONDS = 300
MOST_IDLE_SECONDS = 600


class Result(NamedTuple):
    """The result of a command. A negative status is the signal that ended it."""

    status: int
    output: str
    errors: str

    @property
    def last_error(self):
        lines = self.errors.strip().splitlines()
        return lines[-1] if lines else ""


class Commands:
    """Runs commands of `keras-transformer`, see `fuzz.command_server`.

    Args:
        planted: name of the planted bug, or None.
    """

    def __init__(self, planted=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fuzz.command_server"],
            env=fuzz_environment(planted),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the server of commands ended with {self.process.wait()}")

    def run(self, folder, *arguments, kill_after=None, **limits):
        """Runs a command and waits for its end.

        Args:
            folder: for the files of its output and its errors.
            *arguments: the command line.
            kill_after: seconds of processor time after which it is killed. Default None.
            **limits: `stdin` (a file), `file_size` (bytes) and `kill`, as `fuzz.command_server` understands them.

        Raises:
            Failure: the command hangs.
        """
        files = {name: str(pathlib.Path(folder) / f"{name}.txt") for name in ("output", "errors")}
        request = {"arguments": list(map(str, arguments)), **files, **limits}
        self._send(request)
        process = int(self.process.stdout.readline())
        last_cpu, last_progress = 0.0, time.monotonic()
        while not select.select([self.process.stdout], [], [], 0.005)[0]:
            cpu = cpu_seconds_of(process)
            if cpu > last_cpu:
                last_cpu, last_progress = cpu, time.monotonic()
            hangs = cpu > MOST_CPU_SECONDS or time.monotonic() > last_progress + MOST_IDLE_SECONDS
            if hangs or (kill_after is not None and cpu > kill_after):
                os.kill(process, signal.SIGKILL)
                break
        else:
            hangs = False
        status = int(self.process.stdout.readline())
        if hangs:
            raise Failure(f"{' '.join(request['arguments'])} hangs")
        texts = [pathlib.Path(path).read_bytes().decode(errors="replace") for path in files.values()]
        return Result(status, *texts)

    def close(self):
        self.process.communicate()  # The server ends after its input. Only then the time of its forks is counted.

    def _send(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
