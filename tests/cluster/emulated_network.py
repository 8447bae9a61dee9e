"""Hosts in network namespaces of this machine, connected by a network with latency and loss. Needs root.

`tc netem` needs a module of the kernel that many machines lack. Here the interface of each host is a TAP device, and a
thread moves the frames between them.
"""

import contextlib
import fcntl
import heapq
import itertools
import os
import pathlib
import random
import select
import struct
import subprocess
import threading
import time

_TUN = pathlib.Path("/dev/net/tun")
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
_LONGEST_FRAME = 2048
_FILES = pathlib.Path("/etc/netns")
# Enters the namespace of host names as well, and becomes the command.
_WITH_NAME = 'hostname "$0" && exec "$@"'


def why_unavailable():
    """Returns why this machine cannot emulate hosts, or None if it can."""
    if os.geteuid():
        return "needs root for network namespaces"
    if not _TUN.exists():
        return f"needs {_TUN}"
    return None


class EmulatedNetwork:
    """Hosts with an address and a name each. Use it in `with`, which removes them at the end.

    Args:
        names: names of the hosts.
        delay: seconds that a frame needs from one host to another.
        loss: part of the frames that is lost, at random.
    """

    def __init__(self, names, delay=0.02, loss=0.01):
        self.addresses = {name: f"10.77.0.{number}" for number, name in enumerate(names, start=1)}
        self._delay = delay
        self._loss = loss
        self._random = random.Random(1)
        self._taps = {}
        self._cut = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._move_frames, daemon=True)

    def __enter__(self):
        try:
            for name in self.addresses:
                self._add(name)
        except BaseException:
            self._remove()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self._remove()

    def start(self, name, command, **options):
        """Starts a command on a host. Returns the `subprocess.Popen` of the command itself."""
        inside = ["unshare", "--uts", "sh", "-c", _WITH_NAME, name, *map(str, command)]
        return subprocess.Popen(["ip", "netns", "exec", self._namespace(name), *inside], **options)

    def write_hosts(self, name, lines=None):
        """Writes the file /etc/hosts of a host. Default: the names and addresses of all hosts."""
        lines = lines or [f"{address} {other}" for other, address in self.addresses.items()]
        folder = _FILES / self._namespace(name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hosts").write_text("\n".join(["127.0.0.1 localhost", *lines]) + "\n")
        (folder / "resolv.conf").write_text("")

    def cut(self, name):
        """Pulls the cable of a host."""
        self._cut.add(name)

    def mend(self):
        """Plugs all cables in again."""
        self._cut.clear()

    def _namespace(self, name):
        return f"kt{os.getpid()}-{name}"

    def _add(self, name):
        namespace, tap = self._namespace(name), f"kt{os.getpid()}t{len(self._taps)}"
        _ip("netns", "add", namespace)
        self._taps[name] = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self._taps[name], _TUNSETIFF, struct.pack("16sH22x", tap.encode(), _IFF_TAP | _IFF_NO_PI))
        _ip("link", "set", tap, "netns", namespace)
        _ip("-n", namespace, "address", "add", f"{self.addresses[name]}/24", "dev", tap)
        for device in ("lo", tap):
            _ip("-n", namespace, "link", "set", device, "up")
        self.write_hosts(name)

    def _remove(self):
        for name, tap in self._taps.items():
            os.close(tap)
            subprocess.run(["ip", "netns", "del", self._namespace(name)], check=False)
            for file in ("hosts", "resolv.conf"):
                (_FILES / self._namespace(name) / file).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                (_FILES / self._namespace(name)).rmdir()
        with contextlib.suppress(OSError):
            _FILES.rmdir()
        self._taps = {}

    def _move_frames(self):
        names = {tap: name for name, tap in self._taps.items()}
        travelling, numbers = [], itertools.count()
        while not self._stop.is_set():
            wait = min(0.1, max(0.0, travelling[0][0] - time.monotonic())) if travelling else 0.1
            for tap in select.select(list(names), [], [], wait)[0]:
                with contextlib.suppress(BlockingIOError):
                    while frame := os.read(tap, _LONGEST_FRAME):
                        if names[tap] not in self._cut and self._random.random() >= self._loss:
                            heapq.heappush(travelling, (time.monotonic() + self._delay, next(numbers), tap, frame))
            while travelling and travelling[0][0] <= time.monotonic():
                *_, sender, frame = heapq.heappop(travelling)
                for tap, name in names.items():
                    # Every host receives every frame, and drops those for others.
                    if tap != sender and name not in self._cut:
                        with contextlib.suppress(OSError):
                            os.write(tap, frame)


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
