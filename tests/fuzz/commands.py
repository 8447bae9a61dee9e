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
from fuzz.workers import fuzz_environment


class Result(NamedTuple):
    """What a command ended with; a negative status is the signal that ended it."""

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
        planted: name of the bug that they plant, or None.
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

    def run(self, folder, *arguments, kill_after=None, seconds=600, **limits):
        """Runs one to its end.

        Args:
            folder: where its output and its errors are kept.
            *arguments: the command line.
            kill_after: seconds after which it is killed. Default None.
            seconds: seconds after which it hangs, which is a failure.
            **limits: `stdin` (a file), `file_size` (bytes) and `kill`, as `fuzz.command_server` understands them.
        """
        files = {name: str(pathlib.Path(folder) / f"{name}.txt") for name in ("output", "errors")}
        request = {"arguments": list(map(str, arguments)), **files, **limits}
        self._send(request)
        process = int(self.process.stdout.readline())
        started = time.monotonic()
        while not select.select([self.process.stdout], [], [], 0.01)[0]:
            now = time.monotonic() - started
            if now > min(seconds, kill_after or seconds):
                os.kill(process, signal.SIGKILL)
                break
        status = int(self.process.stdout.readline())
        if not kill_after and time.monotonic() - started > seconds:
            raise Failure(f"{' '.join(request['arguments'])} hangs")
        texts = [pathlib.Path(path).read_bytes().decode(errors="replace") for path in files.values()]
        return Result(status, *texts)

    def close(self):
        self.process.kill()
        self.process.communicate()

    def _send(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
