"""Tests of `translate-corpus` on a Ray cluster of this machine. They need the extra "ray"."""

import glob
import json
import os
import pathlib
import signal
import time

import pytest

from keras_transformer.cli import main as command_line
from keras_transformer.files.whole_files import UNFINISHED

pytestmark = pytest.mark.cluster
SEARCH = ("--beam-size", 2, "--window", 256)


def content_of(folder):
    """The finished shards."""
    paths = [path for path in sorted(folder.iterdir()) if not path.name.startswith(("_", UNFINISHED))]
    return {path.name: path.read_bytes() for path in paths}


def wait_for_writer(process, folder, after=0):
    """Waits until a process writes a shard, and returns its id.

    Args:
        process: the command. It must not end before.
        folder: the output folder.
        after: number of shards that must be done before.
    """
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        if folder.is_dir() and len(content_of(folder)) >= after:
            for descriptor in glob.iglob("/proc/[0-9]*/fd/*"):
                try:
                    name = os.readlink(descriptor)
                except OSError:
                    continue
                if name.startswith(str(folder / UNFINISHED)) and name.endswith(".txt"):
                    return int(descriptor.split("/")[2])
        time.sleep(0.01)
    raise AssertionError(f"no process writes to {folder}")


@pytest.fixture(scope="module")
def expected(model, corpus, tmp_path_factory):
    """The translations by one process without Ray."""
    folder = tmp_path_factory.mktemp("expected") / "out"
    assert command_line.main([*map(str, ("translate-corpus", model, corpus / "*.txt", folder, *SEARCH))]) == 0
    return content_of(folder)


def test_the_output_of_two_workers_is_that_of_one_process(model, corpus, expected, start, tmp_path):
    process = start(model, corpus / "*.txt", tmp_path / "out", *SEARCH, "--engine", "ray", "--workers", 2)
    output, errors = process.communicate(timeout=600)
    assert (process.returncode, output) == (0, f"{tmp_path / 'out'}\n"), errors
    assert content_of(tmp_path / "out") == expected
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert len({record["process"] for record in manifest["shards"]}) == 2
    assert len(errors.splitlines()) == errors.count("Transla"), errors  # Only progress.


@pytest.mark.parametrize("after", [0, 2])
def test_a_killed_worker_is_replaced(model, corpus, expected, start, tmp_path, after):
    folder = tmp_path / "out"
    process = start(model, corpus / "*.txt", folder, *SEARCH, "--engine", "ray", "--workers", 2)
    killed = wait_for_writer(process, folder, after)
    assert killed != process.pid
    os.kill(killed, signal.SIGKILL)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    assert content_of(folder) == expected
    assert not list(folder.glob(f"{UNFINISHED}*"))


@pytest.mark.parametrize("engine", [(), ("--engine", "ray", "--workers", 2)], ids=["local", "ray"])
def test_a_killed_driver_loses_no_finished_shard(model, corpus, expected, start, tmp_path, engine):
    folder = tmp_path / "out"
    process = start(model, corpus / "*.txt", folder, *SEARCH, *engine)
    wait_for_writer(process, folder, after=1)
    process.kill()
    process.communicate()
    done = len(content_of(folder))
    assert not (folder / "_SUCCESS").exists()
    again = start(model, corpus / "*.txt", folder, *SEARCH, *engine)
    _, errors = again.communicate(timeout=600)
    assert again.returncode == 0, errors
    assert f"{done} of 4 shards are done already." in errors
    assert content_of(folder) == expected
    assert not list(folder.glob(f"{UNFINISHED}*"))


def test_ctrl_c_ends_the_cluster(model, corpus, start, tmp_path):
    process = start(model, corpus / "*.txt", tmp_path / "out", *SEARCH, "--engine", "ray", "--workers", 1)
    worker = wait_for_writer(process, tmp_path / "out")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    deadline = time.monotonic() + 60
    while pathlib.Path(f"/proc/{worker}").exists():
        assert time.monotonic() < deadline, "the worker still runs"
        time.sleep(0.1)


def test_an_unreachable_cluster_is_one_line(model, corpus, start, tmp_path):
    process = start(model, corpus / "*.txt", tmp_path / "out", "--engine", "ray", "--ray-address", "127.0.0.1:1")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 2
    assert errors.splitlines()[-1].startswith("keras-transformer: 127.0.0.1:1: cannot connect to the Ray cluster")
