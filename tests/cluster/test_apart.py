"""The processes of a joint training on emulated hosts, which have names, addresses, latency and loss. Needs root."""

import glob
import signal
import subprocess
import sys
import time

import pytest
from emulated_network import EmulatedNetwork, why_unavailable
from joint_commands import PORT, JointCommands

HOSTS = ("alpha", "beta", "gamma")
ADVICE = "Start all processes again with --resume."
VARIABLE = "KERAS_DISTRIBUTION_JOB_ADDRESSES"

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(why_unavailable() is not None, reason=str(why_unavailable())),
]


@pytest.fixture(scope="module")
def network():
    with EmulatedNetwork(HOSTS, delay=0.02, loss=0.01) as network:
        yield network


@pytest.fixture
def commands(network, tmp_path):
    commands = JointCommands(network, tmp_path / "logs")
    yield commands
    commands.kill()
    network.mend()
    for name in HOSTS:
        network.write_hosts(name)


def assert_each(commands, expected, without=()):
    """Checks the status and the one line of each host, within the limit of time."""
    assert commands.end(without=without) == {host: status for host, (status, _) in expected.items()}
    assert {host: commands.only_line(host) for host in expected} == {host: text for host, (_, text) in expected.items()}


@pytest.mark.parametrize("delay", [0.0, 0.02])
def test_the_network_has_its_latency(delay):
    with EmulatedNetwork(("left", "right"), delay=delay, loss=0.0) as network:
        command = [sys.executable, "-c", "import socket; socket.create_server(('', 7000)).accept()[0].recv(1)"]
        with network.start("right", command):
            client = (
                "import socket, time\nwhile True:\n    start = time.monotonic()\n    try:\n"
                "        socket.create_connection(('right', 7000))\n        break\n"
                "    except ConnectionRefusedError:\n        pass\nprint(time.monotonic() - start)"
            )
            pipe = {"stdout": subprocess.PIPE, "text": True}
            output, _ = network.start("left", [sys.executable, "-c", client], **pipe).communicate(timeout=60)
    assert 2 * delay <= float(output) < 2 * delay + 1


@pytest.mark.parametrize("victim", HOSTS[:2], ids=["first process", "another process"])
def test_the_others_end_if_a_process_dies(commands, victim):
    commands.run_program("step").wait_until_begun()
    commands.processes[victim].kill()
    line = f"process {HOSTS.index(victim)} ({victim}) ended unexpectedly. {ADVICE}"
    assert_each(commands, {host: (1, line) for host in HOSTS if host != victim}, without=[victim])


def test_a_host_that_is_cut_off_ends_and_so_do_the_others(commands):
    commands.run_program("step").wait_until_begun()
    commands.network.cut("gamma")
    silence = f"has not answered for 30 seconds. {ADVICE}"
    cut = (1, f"process 2 (gamma) {silence}")
    assert_each(commands, {"alpha": cut, "beta": cut, "gamma": (1, f"process 0 (alpha) {silence}")})


@pytest.mark.parametrize("victim", HOSTS[:2], ids=["first process", "another process"])
def test_the_others_end_if_a_process_is_frozen(commands, victim):
    commands.run_program("step").wait_until_begun()
    commands.processes[victim].send_signal(signal.SIGSTOP)
    line = f"process {HOSTS.index(victim)} ({victim}) has not answered for 30 seconds. {ADVICE}"
    assert_each(commands, {host: (1, line) for host in HOSTS if host != victim}, without=[victim])


@pytest.fixture(scope="module")
def other_clock():
    """Environment variables of a process whose clock is 400 days ahead."""
    pattern = "/usr/lib/*/faketime/libfaketime.so.1"
    if not glob.glob(pattern):
        subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "faketime"], check=True)
    # The other clock of Linux counts from the start of each machine, so it differs between hosts anyway.
    return {"LD_PRELOAD": glob.glob(pattern)[0], "FAKETIME": "+400d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def test_clocks_of_hosts_can_differ(commands, other_clock):
    commands.run_program("step", own={"beta": other_clock}).wait_until_begun()
    time.sleep(12)  # Two messages of each process.
    assert all(process.poll() is None for process in commands.processes.values()), commands.all_errors()
    commands.processes["gamma"].kill()
    line = f"process 2 (gamma) ended unexpectedly. {ADVICE}"
    assert_each(commands, dict.fromkeys(HOSTS[:2], (1, line)), without=["gamma"])


def test_a_host_that_never_comes_is_named(commands):
    commands.run_program("wait", hosts=HOSTS[:2])
    line = (
        f"alpha:{PORT}: these processes did not come within 30 seconds: 2. Check that they are started and can reach "
        "this address."
    )
    assert_each(commands, {"alpha": (2, line), "beta": (2, f"process 0 (alpha): {line}")})


def test_a_first_host_that_never_comes_is_named(commands):
    commands.run_program("wait", hosts=HOSTS[1:])
    line = f"{VARIABLE}=alpha:{PORT}: process 0 cannot be reached from {{}} at 10.77.0.1 within 30 seconds: "
    line += "Connection refused."
    assert_each(commands, {host: (2, line.format(host)) for host in HOSTS[1:]})


def test_a_first_host_without_network_is_named(commands):
    commands.network.cut("alpha")
    commands.run_program("wait")
    assert commands.end() == dict.fromkeys(HOSTS, 2)
    for host in HOSTS[1:]:
        line = f"{VARIABLE}=alpha:{PORT}: process 0 cannot be reached from {host} at 10.77.0.1 within 30 seconds: "
        assert commands.only_line(host).startswith(line)
    assert "these processes did not come within 30 seconds: 1, 2." in commands.only_line("alpha")


def test_a_name_that_cannot_be_resolved_is_reported(commands):
    commands.run_program("wait", address=f"nowhere.invalid:{PORT}")
    assert commands.end() == dict.fromkeys(HOSTS, 2)
    assert commands.only_line("alpha").startswith(
        f"nowhere.invalid:{PORT}: these processes did not come within 30 seconds: 1, 2. {VARIABLE} must be the name or "
        "address of this host. Its name cannot be resolved here: "
    )
    for host in HOSTS[1:]:
        line = f"{VARIABLE}=nowhere.invalid:{PORT}: the name cannot be resolved on {host}: "
        assert commands.only_line(host).startswith(line)


@pytest.mark.parametrize("answers", [True, False])
def test_a_port_in_use_is_reported(commands, answers):
    program = f"import socket, time; s = socket.create_server(('', {PORT}))\nwhile True:\n    c = s.accept()[0]\n"
    program += "    c.sendall(b'220 smtp ready\\n')" if answers else "    time.sleep(600)"
    other = commands.network.start("alpha", [sys.executable, "-c", program])
    try:
        commands.run_program("wait")
        assert commands.end() == dict.fromkeys(HOSTS, 2)
    finally:
        other.kill()
        other.wait()
    assert commands.only_line("alpha").endswith("another program uses this port. Choose a free port.")
    for host in HOSTS[1:]:
        line = commands.only_line(host)
        assert line.startswith(f"{VARIABLE}=alpha:{PORT}: ")
        assert ("another program uses this port" if answers else "process 0 cannot be reached from") in line


@pytest.mark.parametrize("host", HOSTS[:2], ids=["first process", "another process"])
def test_a_host_name_of_debian_is_reported_by_all(commands, host):
    """Debian's installer maps the name of a host to 127.0.1.1 in its /etc/hosts."""
    others = [f"{address} {name}" for name, address in commands.network.addresses.items() if name != host]
    commands.network.write_hosts(host, [f"127.0.1.1 {host}", *others])
    commands.run_program("step")
    line = (
        f"{host}: this host resolves its own name to 127.0.1.1. Other hosts cannot connect to it. Write the line "
        f"'{commands.network.addresses[host]} {host}' into /etc/hosts of {host} instead."
    )
    told = f"process {HOSTS.index(host)} ({host}): {line}"
    assert_each(commands, {name: (2, line if name == host else told) for name in HOSTS})


def test_an_address_that_is_the_loopback_of_other_hosts_is_reported(commands):
    for host in HOSTS[1:]:
        commands.network.write_hosts(host, ["127.0.1.1 alpha", f"{commands.network.addresses[host]} {host}"])
    commands.run_program("wait")
    assert commands.end() == dict.fromkeys(HOSTS, 2)
    for host in HOSTS[1:]:
        assert commands.only_line(host) == (
            f"{VARIABLE}=alpha:{PORT}: process 0 cannot be reached from {host} at 127.0.1.1 within 30 seconds: "
            "Connection refused. This is an address of each host itself. Use one that other hosts can reach."
        )
    assert "these processes did not come within 30 seconds: 1, 2." in commands.only_line("alpha")
