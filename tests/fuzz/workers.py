"""Processes that answer requests, one JSON object a line, within limits."""

import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

FOLDERS = pathlib.Path(__file__).resolve().parents[2], pathlib.Path(__file__).resolve().parents[1]
PLANTED = "KERAS_TRANSFORMER_PLANTED_BUG"
_TICKS = os.sysconf("SC_CLK_TCK")


class WorkerEnded(Exception):
    """A worker crashed, or was killed because it exceeded a limit. The message has the reason."""


def fuzz_environment(planted=None):
    """The environment of every process: this checkout first, one thread for each, and the planted bug."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, FOLDERS))}
    environment |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environment.pop(PLANTED, None)
    return environment | ({PLANTED: planted} if planted else {})


def cpu_seconds_of(process):
    """The processor time of a process, which a busy machine does not change; 0 if it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Worker:
    """A process of a module of this package, started at the first request and again after its end.

    Args:
        module: name of the module, such as "fuzz.folder_worker".
        *arguments: its command line.
        planted: name of the planted bug, or None.
    """

    def __init__(self, module, *arguments, planted=None):
        self.command = [sys.executable, "-m", module, *map(str, arguments)]
        self.environment = fuzz_environment(planted)
        self.process = None

    def ask(self, request, cpu_seconds=60, idle_seconds=None, seconds=300):
        """Returns the answer to a request.

        Args:
            request: a value that JSON supports.
            cpu_seconds: processor time after which the worker is killed. A busy machine does not change it.
            idle_seconds: seconds without any processor time after which it is killed. Default None: never.
            seconds: seconds after which it is killed in any case.

        Raises:
            WorkerEnded: the worker crashed or exceeded a limit.
        """
        if self.process is None:
            self._start()
        self._send(request)
        started, cpu_before = time.monotonic(), cpu_seconds_of(self.process.pid)
        last_cpu, last_progress = cpu_before, started
        while not select.select([self.process.stdout], [], [], 0.1)[0]:
            now, cpu = time.monotonic(), cpu_seconds_of(self.process.pid)
            if cpu - last_cpu > 0.02:
                last_cpu, last_progress = cpu, now
            if cpu - cpu_before > cpu_seconds:
                self._end(f"took more than {cpu_seconds} seconds")
            if now - started > seconds or (idle_seconds and now - last_progress > idle_seconds):
                self._end("hangs")
        line = self.process.stdout.readline()
        if not line:
            self._end(None)
        return json.loads(line)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
            self.errors.close()

    def _start(self):
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
        )
        if self.process.stdout.readline() != b"ready\n":
            self._end(None)

    def _send(self, request):
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self._end(None)

    def _end(self, reason):
        if reason is not None:
            self.process.kill()
        self.process.wait()
        with self.process.stdin, self.process.stdout, self.errors:
            self.errors.seek(0)
            lines = self.errors.read().decode(errors="replace").strip().splitlines()
        status, self.process = self.process.returncode, None
        raise WorkerEnded(f"the process {reason or f'ended with {status}'}{'; ' + lines[-1][:300] if lines else ''}")


def serve(answer):
    """Answers every line of standard input in a worker. Other output goes to standard error.

    Args:
        answer: called with a request, returns a value that JSON supports.
    """
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    channel.write(b"ready\n")
    channel.flush()
    for line in sys.stdin.buffer:
        channel.write(json.dumps(answer(json.loads(line))).encode() + b"\n")
        channel.flush()
