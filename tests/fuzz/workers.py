"""Processes that answer questions, one JSON object a line, and the limits within which they have to."""

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
    """A worker crashed, or was killed because it exceeded a limit; the message says which."""


def fuzz_environment(planted=None):
    """The environment of every process: this checkout first, one thread for each, and the bug it plants."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, FOLDERS))}
    environment |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environment.pop(PLANTED, None)
    return environment | ({PLANTED: planted} if planted else {})


def cpu_seconds_of(process):
    """The processor time that a process has used, which a busy machine does not change; 0 where it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Worker:
    """A process of a module of this package, started when it is first asked and again after it ended.

    Args:
        module: name of the module, such as "fuzz.folder_worker".
        *arguments: its command line.
        planted: name of the bug that it plants, or None.
    """

    def __init__(self, module, *arguments, planted=None):
        self.command = [sys.executable, "-m", module, *map(str, arguments)]
        self.environment = fuzz_environment(planted)
        self.process = None

    def ask(self, request, cpu_seconds=60, idle_seconds=None, seconds=300):
        """The answer to a request.

        Args:
            request: what JSON can hold.
            cpu_seconds: processor time after which the worker is killed, which a busy machine does not shorten.
            idle_seconds: seconds without any processor time after which it is killed. Default None, never.
            seconds: seconds after which it is killed in any case.

        Raises:
            WorkerEnded: it ended instead, by itself or because of a limit.
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
    """The worker's side: answers every line of standard input; what else is printed goes to standard error.

    Args:
        answer: called with a request, returns what JSON can hold.
    """
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    channel.write(b"ready\n")
    channel.flush()
    for line in sys.stdin.buffer:
        channel.write(json.dumps(answer(json.loads(line))).encode() + b"\n")
        channel.flush()
