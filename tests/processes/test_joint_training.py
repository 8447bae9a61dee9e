"""Tests of the connections between the processes of a joint training, in processes without TensorFlow."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = REPOSITORY / "tests" / "joint_program.py"
HOST = socket.gethostname()
SECONDS = 60


class Program:
    """One process of `joint_program.py`."""

    def __init__(self, folder, index, action, environment):
        self.begun = folder / f"{index}-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            [sys.executable, PROGRAM, action, self.begun],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self):
        """Waits for its end; returns its status and its errors."""
        _, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, errors.removeprefix("keras-transformer: ").removesuffix("\n")


@pytest.fixture
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def start(tmp_path, address):
    """Starts a process. It is killed at the end of the test."""
    started = []

    def start(index, action="wait", count=2, **environment):
        variables = {"JOB_ADDRESSES": address, "NUM_PROCESSES": str(count), "PROCESS_ID": str(index)}
        variables = {f"KERAS_DISTRIBUTION_{name}": value for name, value in variables.items()}
        started.append(Program(tmp_path, index, action, {**variables, "KERAS_BACKEND": "jax", **environment}))
        return started[-1]

    yield start
    for program in started:
        program.process.kill()
        program.process.communicate()


def wait_for(programs):
    deadline = time.monotonic() + SECONDS
    while not all(program.begun.exists() for program in programs):
        assert all(program.process.poll() is None for program in programs)
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("victim", [0, 2])
def test_the_others_end_with_one_line_if_a_process_is_killed(start, victim):
    programs = [start(index, count=3) for index in range(3)]
    wait_for(programs)
    programs[victim].process.kill()
    line = f"process {victim} ({HOST}) ended unexpectedly. Start all processes again with --resume."
    assert [program.end() for program in programs if program is not programs[victim]] == [(1, line)] * 2


def test_an_error_of_one_process_is_reported_by_all(start):
    failed, *others = [start(index, "fail" if index == 1 else "wait", count=3) for index in (1, 0, 2)]
    line = "train.en: the file is empty."
    assert failed.end() == (2, line)
    assert [other.end() for other in others] == [(2, f"process 1 ({HOST}): {line}")] * 2


def test_the_line_is_printed_while_output_is_held_back(start):
    programs = [start(0), start(1, "hold back")]
    wait_for(programs)
    programs[0].process.kill()
    line = f"process 0 ({HOST}) ended unexpectedly. Start all processes again with --resume."
    assert programs[1].end() == (1, line)


def test_a_defect_of_one_process_ends_all(start):
    first, other = start(0, "fail later"), start(1)
    assert first.end() == (1, "a defect")
    assert other.end() == (1, f"process 0 ({HOST}) failed: a defect")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_to_one_process_ends_all(start, number, status):
    programs = [start(0), start(1)]
    wait_for(programs)
    programs[0].process.send_signal(number)
    assert programs[0].end()[0] == status
    line = f"process 0 ({HOST}) was ended by {number.name}. Start all processes again with --resume."
    assert programs[1].end() == (status, line)


def test_the_others_wait_for_the_first(start):
    programs = [start(index, "wait for first", count=3) for index in range(3)]
    assert [program.end() for program in programs] == [(0, "")] * 3
    first, *others = (float(program.begun.read_text()) for program in programs)
    assert min(others) >= first


def test_a_process_that_waits_for_the_first_ends_with_it(start):
    programs = [start(0), start(1, "follow")]
    wait_for(programs)
    programs[0].process.kill()
    line = f"process 0 ({HOST}) ended unexpectedly. Start all processes again with --resume."
    assert programs[1].end() == (1, line)


@pytest.mark.slow
def test_the_first_process_may_need_longer_than_the_time_limit_of_collective_operations(start):
    variables = {"XLA_FLAGS": "--xla_cpu_collective_timeout_seconds=3", "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo"}
    programs = [start(index, "result", **variables) for index in range(2)]
    assert [program.end()[0] for program in programs] == [0, 0]
    assert [program.begun.read_text() for program in programs] == ["made"] * 2


def test_a_process_that_stays_away_is_named(start, address):
    found = [start(index, count=4, KERAS_TRANSFORMER_JOIN_SECONDS="2") for index in (0, 2)]
    line = (
        f"{address}: these processes did not come within 2 seconds: 1, 3. Check that they are started and can reach "
        "this address."
    )
    assert found[0].end() == (2, line)
    assert found[1].end() == (2, f"process 0 ({HOST}): {line}")


def test_a_first_process_that_stays_away_is_reported(start, address):
    line = (
        f"KERAS_DISTRIBUTION_JOB_ADDRESSES={address}: process 0 cannot be reached from {HOST} at 127.0.0.1 within 1 "
        "seconds: Connection refused. This is an address of each host itself. Use one that other hosts can reach."
    )
    assert start(1, KERAS_TRANSFORMER_JOIN_SECONDS="1").end() == (2, line)


def test_processes_with_the_same_number_or_another_count_are_refused(start):
    programs = [start(0, count=3), start(1, count=3), start(1, count=3)]
    line = f"KERAS_DISTRIBUTION_PROCESS_ID must differ. Received: 1 on both {HOST} and {HOST}."
    found = [program.end() for program in programs]
    assert found[0] == (2, line)
    assert sorted(found[1:]) == sorted([(2, line), (2, f"process 0 ({HOST}): {line}")])

    line = (
        f"KERAS_DISTRIBUTION_NUM_PROCESSES must be the same in all processes. Received: 3 in process 1 ({HOST}), 2 in "
        f"process 0 ({HOST})."
    )
    assert [program.end() for program in (start(0), start(1, count=3))] == [(2, line)] * 2


def test_a_host_with_another_version_is_refused(start, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(REPOSITORY / "keras_transformer", other / "keras_transformer")
    (other / "keras_transformer" / "version.py").write_text('__version__ = "0.0.9"\n')
    found = [start(0), start(1, PYTHONPATH=str(other))]
    line = "All hosts need the same version of keras-transformer-mt. Received: 0.0.9 in process 1"
    assert all(status == 2 and errors.startswith(line) for status, errors in (program.end() for program in found))


def test_other_programs_at_the_port_do_not_disturb(start, address):
    host, port = address.split(":")
    first = start(0)
    deadline = time.monotonic() + SECONDS
    for content in (b"GET / HTTP/1.1\r\n\r\n", b"[1]\n", b'{"index": 1}\n', b""):
        while True:
            try:
                with socket.create_connection((host, int(port))) as stranger:
                    stranger.sendall(content)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
    programs = [first, start(1)]
    wait_for(programs)


def test_a_port_in_use_is_reported_by_both_processes(start, address):
    host, port = address.split(":")
    with socket.create_server((host, int(port))) as taken:
        first, other = start(0), start(1)
        assert first.end()[1].endswith(f"{address}: another program uses this port. Choose a free port.")
        connected, _ = taken.accept()
        connected.sendall(b"220 smtp ready\n")
        connected.close()
        status, errors = other.end()
    assert status == 2
    assert f"{address}: another program uses this port, or another version of keras-transformer." in errors


def test_processes_that_finish_end_together(start):
    programs = [start(0, "finish"), start(1, "finish")]
    assert [program.end() for program in programs] == [(0, "")] * 2


@pytest.mark.parametrize("days", [-400, 400])
def test_clocks_of_hosts_can_differ(start, tmp_path, days):
    seconds = days * 24 * 60 * 60
    shift = f"import time\nreal = time.time\ntime.time = lambda: real() + {seconds}\n"
    (tmp_path / "sitecustomize.py").write_text(shift + "time.time_ns = lambda: int(1e9 * time.time())\n")
    programs = [start(0, "wait for first"), start(1, "wait for first", PYTHONPATH=f"{tmp_path}:{REPOSITORY}")]
    assert [program.end() for program in programs] == [(0, "")] * 2


def test_a_wrong_time_is_refused(start):
    line = "KERAS_TRANSFORMER_JOIN_SECONDS must be a whole number of seconds from 1. Received: soon."
    assert start(0, KERAS_TRANSFORMER_JOIN_SECONDS="soon").end() == (2, line)
