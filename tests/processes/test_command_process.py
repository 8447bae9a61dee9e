"""Tests of the end of a command's process and of its standard streams, in processes without TensorFlow."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

MODULE = pathlib.Path(__file__).resolve().parents[2] / "keras_transformer" / "processes" / "command_process.py"
PREAMBLE = f"""
import contextlib, hashlib, importlib.util, os, pathlib, subprocess, sys, time
spec = importlib.util.spec_from_file_location("command_process", {str(MODULE)!r})
process = importlib.util.module_from_spec(spec)
spec.loader.exec_module(process)
process.begin_command()

def ready():
    print("ready", flush=True)

def native():  # Python's handlers do not run in it.
    ready()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)

def run(work):
    process.end_in_order()
    try:
        work()
    except KeyboardInterrupt:
        print("in order", flush=True)
        process.end_process(process.interrupted_status())
"""
# Output stays in Python until it is flushed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.fixture
def start(tmp_path):
    """Starts a program and waits until it is ready."""
    started = []

    def start(program):
        command = [sys.executable, "-c", PREAMBLE + program]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, text=True, **pipes)
        started.append(process)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(0.05)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def end(process, *numbers, within=2.0):
    """Sends signals; returns the status, the output and the errors of the process, which must end in time."""
    began = time.monotonic()
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.02)
    output, errors = process.stdout.read(), process.stderr.read()
    process.wait(timeout=30)
    assert time.monotonic() - began < within
    return process.returncode, output, errors


@pytest.mark.parametrize(("number", "status"), SIGNALS)
def test_a_signal_ends_the_work_in_order(start, number, status):
    process = start("run(lambda: (ready(), time.sleep(60)))")
    assert end(process, number) == (status, "in order\n", "")


def test_a_signal_that_python_cannot_raise_ends_the_process_without_a_message(start):
    collects = """
import gc
def callback(phase, info):
    gc.callbacks.clear()
    ready()
    time.sleep(60)
gc.callbacks.append(callback)
run(lambda: (gc.collect(), time.sleep(60)))
"""
    assert end(start(collects), signal.SIGINT) == (130, "", "")


@pytest.mark.parametrize(("number", "status"), SIGNALS)
def test_a_signal_ends_a_native_call_as_well(start, number, status):
    assert end(start("run(native)"), number) == (status, "", "")


@pytest.mark.parametrize(("number", "status"), SIGNALS)
def test_before_the_command_runs_a_signal_ends_it_at_once(start, number, status):
    assert end(start("native()"), number, within=1.0) == (status, "", "")


def test_a_second_signal_ends_a_native_call_at_once(start):
    assert end(start("run(native)"), signal.SIGINT, signal.SIGINT, within=1.0)[0] == 130


def test_a_second_signal_ends_an_end_in_order_at_once(start):
    program = """
def slow():
    try:
        ready()
        time.sleep(60)
    finally:
        time.sleep(60)

run(slow)
"""
    assert end(start(program), signal.SIGTERM, signal.SIGINT, within=1.0)[0] in (130, 143)


@pytest.mark.parametrize("swallowed", [True, False])
def test_an_interrupt_that_is_lost_does_not_keep_the_process(start, swallowed):
    program = """
def work():
    with contextlib.suppress(KeyboardInterrupt):
        ready()
        time.sleep(60)
    {}

run(work)
""".format("time.sleep(60)" if swallowed else "os.read(os.pipe()[0], 1)")
    assert end(start(program), signal.SIGINT)[0] == 130


@pytest.mark.parametrize("work", ["lambda: (ready(), time.sleep(60))", "native"])
def test_last_words_are_printed_once_in_order_or_not(start, work):
    program = f"""
def work():
    with process.last_words(lambda: "Interrupted. --resume continues."):
        ({work})()

run(work)
"""
    assert end(start(program), signal.SIGTERM)[2] == "Interrupted. --resume continues.\n"


def test_there_are_no_last_words_after_their_block(start):
    program = """
with process.last_words(lambda: "Interrupted. --resume continues."):
    pass
run(native)
"""
    assert end(start(program), signal.SIGTERM)[2] == ""


def test_a_converted_interrupt_has_last_words_and_no_traceback(start):
    """Native code of TensorFlow converts a KeyboardInterrupt, and prints the error itself."""
    program = """
def work():
    try:
        ready()
        time.sleep(60)
    except KeyboardInterrupt:
        sys.excepthook(SystemError, SystemError("an exception set"), None)
        raise SystemError from None

try:
    with process.last_words(lambda: "Interrupted. --resume continues."):
        run(work)
except SystemError:
    process.end_process(process.interrupted_status())
"""
    assert end(start(program), signal.SIGTERM)[::2] == (143, "Interrupted. --resume continues.\n")


def test_there_can_be_no_last_words(start):
    program = """
def work():
    with process.last_words(lambda: None):
        native()

run(work)
"""
    assert end(start(program), signal.SIGTERM)[::2] == (143, "")


def test_written_output_is_flushed(start):
    program = """
def work():
    ready()
    sys.stdout.write("a line")
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)

run(work)
"""
    assert end(start(program), signal.SIGINT)[:2] == (130, "a line")


def has_ended(number):
    folder = pathlib.Path("/proc") / number
    # A zombie has ended, too. No process waits for it if its parent did not.
    return not folder.exists() or ") Z " in (folder / "stat").read_text()


@pytest.mark.parametrize("numbers", [[signal.SIGTERM], [signal.SIGTERM, signal.SIGTERM]])
def test_a_child_and_its_own_child_end_as_well(start, numbers):
    program = """
child = '''
import os, subprocess, time
other = subprocess.Popen(["sleep", "60"])
print(os.getpid(), other.pid, file=open("children", "w"), flush=True)
time.sleep(60)
'''

def work():
    ready()
    process.run_child([sys.executable, "-c", child])

run(work)
"""
    process = start(program)
    path = pathlib.Path(f"/proc/{process.pid}/cwd/children").resolve()
    while not (path.exists() and path.read_text().endswith("\n")):
        time.sleep(0.01)
    assert end(process, *numbers)[0] == 143
    time.sleep(0.1)
    assert all(map(has_ended, path.read_text().split()))


def test_unfinished_files_are_removed(start, tmp_path):
    program = """
folder, file = pathlib.Path("unfinished_folder"), pathlib.Path("unfinished_file")
folder.mkdir()
file.touch()
(folder / "half").touch()
with process.removed_at_end(folder), process.removed_at_end(file):
    run(native)
"""
    process = start(program)
    assert (tmp_path / "unfinished_folder").exists()
    assert end(process, signal.SIGINT)[0] == 130
    assert list(tmp_path.iterdir()) == []


def test_files_of_generated_code_are_removed(start, tmp_path):
    """AutoGraph writes such modules, and removes them at an exit by Python only."""
    program = """
import types
module = types.ModuleType("__autograph_generated_file_a")
module.__file__ = "__autograph_generated_file_a.py"
sys.modules[module.__name__] = module
pathlib.Path(module.__file__).touch()
run(native)
"""
    assert end(start(program), signal.SIGTERM)[0] == 143
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_ignored_signal_stays_ignored(start, number):
    def ignore():
        signal.signal(number, signal.SIG_IGN)

    command = [sys.executable, "-c", PREAMBLE + "run(lambda: (ready(), time.sleep(0.3)))"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=ignore) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_after_the_work_leaves_the_exit_status(start, number):
    program = """
class Last:  # Python collects it after it has set its own signal handlers back.
    def __del__(self, write=os.write, sleep=time.sleep):
        write(1, b"ready\\n")
        sleep(0.3)

last = Last()
run(lambda: None)
process.ignore_signals()
sys.exit(3)
"""
    assert end(start(program), number) == (3, "", "")


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]])
def test_a_file_does_not_take_the_number_of_a_closed_stream(closed, tmp_path):
    program = """
with open("file", "w") as file:
    number = file.fileno()
    print("result", flush=True)
    print("error", file=sys.stderr)
    os.write(2, b"native error")
    os.write(1, b"native result")
pathlib.Path("found").write_text(f"{number} {sys.stdin is None} {sys.stdout is None}")
"""
    redirections = " ".join(f"{number}{'<' if number == 0 else '>'}&-" for number in closed)
    script = f'exec "{sys.executable}" -c "$PROGRAM" {redirections}'
    environment = {**ENVIRONMENT, "PROGRAM": PREAMBLE + program}
    result = subprocess.run(["sh", "-c", script], env=environment, cwd=tmp_path, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout == (b"" if 1 in closed else b"result\nnative result")
    assert result.stderr == (b"" if 2 in closed else b"error\nnative error")
    assert (tmp_path / "file").read_bytes() == b""
    number, no_input, no_output = (tmp_path / "found").read_text().split()
    assert int(number) > 2
    assert (no_input, no_output) == (str(0 in closed), str(1 in closed))


def test_only_a_process_that_has_begun_as_one_is_a_command():
    begun = PREAMBLE + "print(process.is_command())"
    result = subprocess.run([sys.executable, "-c", begun], capture_output=True, text=True)
    assert result.stdout == "True\n", result.stderr
    result = subprocess.run(
        [sys.executable, "-c", begun.replace("process.begin_command()", "")], capture_output=True, text=True
    )
    assert result.stdout == "False\n", result.stderr


@pytest.mark.parametrize(("number", "_"), SIGNALS)
def test_a_signal_ends_native_code_that_holds_the_lock_of_the_interpreter(start, number, _):
    program = """
import re
def work():
    with process.ended_by_signals():
        ready()
        re.match(r"(a+)+$", 50 * "a" + "b")
run(work)
"""
    assert end(start(program), number) == (-number, "", "")


def test_after_native_code_a_signal_ends_the_work_in_order_again(start):
    program = """
def work():
    with process.ended_by_signals():
        pass
    ready()
    time.sleep(60)
run(work)
"""
    assert end(start(program), signal.SIGTERM) == (143, "in order\n", "")
