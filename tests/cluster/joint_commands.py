"""Runs one joint training on several emulated hosts."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = REPOSITORY / "tests" / "joint_program.py"
PORT = 29500
# The limit of the issue, from the fault to the end of all processes.
SECONDS = 60
# Time for a training to begin on a busy machine.
SECONDS_TO_BEGIN = 600


class JointCommands:
    """The processes of one joint training, one on each host.

    Args:
        network: the `EmulatedNetwork`.
        folder: folder for the outputs of the processes. It is emptied.
    """

    def __init__(self, network, folder):
        self.network = network
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.processes = {}

    def start(self, *command, hosts=None, address=None, count=None, own=None):
        """Starts a command of Python on each host.

        Args:
            command: its arguments. `{host}` in them is the name of the host.
            hosts: names of the hosts. Default: all.
            address: `host:port` of the first process. Default: the name of the first host.
            count: number of processes. Default: that of the hosts of the network.
            own: further environment variables by host.
        """
        everywhere = list(self.network.addresses)
        for host in hosts or everywhere:
            environment = {
                **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
                "PYTHONPATH": str(REPOSITORY),
                "KERAS_BACKEND": "jax",
                "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo",
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": address or f"{everywhere[0]}:{PORT}",
                "KERAS_DISTRIBUTION_NUM_PROCESSES": str(count or len(everywhere)),
                "KERAS_DISTRIBUTION_PROCESS_ID": str(everywhere.index(host)),
                **((own or {}).get(host, {})),
            }
            arguments = [str(part).replace("{host}", host) for part in command]
            with (self.folder / f"{host}.out").open("w") as out, (self.folder / f"{host}.err").open("w") as errors:
                pipes = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": errors}
                self.processes[host] = self.network.start(host, [sys.executable, *arguments], env=environment, **pipes)
        return self

    def run_program(self, action, **options):
        """Starts `joint_program.py`, a joint training without a model, on each host. See `start` for options."""
        return self.start(PROGRAM, action, self.folder / "{host}.begun", **options)

    def train(self, recipe, output, *arguments, **options):
        """Starts `train` on each host. See `start` for options."""
        return self.start("-m", "keras_transformer", "train", recipe, "--output", output, *arguments, **options)

    def wait_until_begun(self):
        """Waits until all processes of `run_program` have begun."""
        for host in self.processes:
            self.wait_for(self.folder / f"{host}.begun")

    def wait_for(self, path):
        """Waits until a file exists."""
        deadline = time.monotonic() + SECONDS_TO_BEGIN
        while not path.exists():
            ended = [host for host, process in self.processes.items() if process.poll() is not None]
            assert not ended, self.all_errors()
            assert time.monotonic() < deadline, self.all_errors()
            time.sleep(0.05)

    def end(self, seconds=SECONDS, without=()):
        """Waits for the end of all processes but those of some hosts. Returns their statuses by host."""
        deadline = time.monotonic() + seconds
        waited = {host: process for host, process in self.processes.items() if host not in without}
        while any(process.poll() is None for process in waited.values()):
            running = [host for host, process in waited.items() if process.poll() is None]
            assert time.monotonic() < deadline, (running, self.all_errors())
            time.sleep(0.05)
        return {host: process.returncode for host, process in waited.items()}

    def errors(self, host):
        return (self.folder / f"{host}.err").read_text()

    def all_errors(self):
        return {host: self.errors(host) for host in self.processes}

    def only_line(self, host):
        """Returns the one line of a host with an error, without the name of the program. It is the last line."""
        lines = self.errors(host).splitlines()
        prefix = "keras-transformer: "
        assert [line for line in lines if line.startswith(prefix)] == lines[-1:], self.errors(host)
        noise = ("Traceback", "external/", "E1", "W1", "F1", "terminate called", "***")
        assert not [line for line in lines if line.startswith(noise)], self.errors(host)
        return lines[-1].removeprefix(prefix)

    def kill(self):
        """Kills all processes, and checks that nothing of them is left."""
        for process in self.processes.values():
            process.kill()
            process.wait()
