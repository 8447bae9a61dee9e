"""Trains with two real processes and compares them with one."""

import csv
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from comparable_weights import comparable_weights
from real_processes import REPOSITORY, finish_training, start_training

from keras_transformer.translator import Translator

TRAINING = """\
dropout = 0.1

[training]
epochs = 2
# Odd numbers of rows cannot be divided evenly among two processes.
batch_tokens = 60
learning_rate = 0.01
warmup_steps = 10
r_drop = 1.0
accumulation_steps = 2
average_checkpoints = 2
save_every = 1
"""


def start(folder, *options):
    return start_training(folder / "together.toml", *options)


def finish(folder, *options):
    return finish_training(folder / "together.toml", *options)


def wait_for_both(process, folder):
    """Waits for the end of the first epoch; returns the ids of the two processes that train."""
    while not (folder / "model" / "history.csv").exists():
        assert process.poll() is None
        time.sleep(0.01)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) == 2
    return children


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture
def together(corpus):
    """The folder of a corpus and a recipe in which every part depends on the number of processes."""
    recipe = (corpus / "recipe.toml").read_text()
    (corpus / "together.toml").write_text(recipe[: recipe.index("dropout")] + "normalize_first = true\n" + TRAINING)
    return corpus


@pytest.mark.slow
def test_two_processes_train_as_one_does_and_their_model_is_tensorflows_as_well(together):
    for number in (1, 2):
        status, output, errors = finish(together, "--processes", number, "--output", together / f"by_{number}")
        assert (status, output) == (0, f"{together / f'by_{number}'}\n"), errors
    alone, shared = history(together / "by_1"), history(together / "by_2")
    assert len(shared) == 2
    for expected, found in zip(alone, shared, strict=True):
        expected.pop("tokens_per_second")
        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)

    pairs = [("the cat sees bread .", "die Katze sieht Brot ."), ("a man buys water .", "ein Mann kauft Wasser .")]
    one, two = (Translator.load(together / f"by_{number}").score(pairs) for number in (1, 2))
    assert two == pytest.approx(one, rel=1e-4)
    exported = Translator.load(together / "by_2").export_saved_model(together / "exported")
    served = tf.saved_model.load(str(exported)).signatures["serving_default"]
    translation = served(text=tf.constant([pairs[0][0]]))["translation"].numpy()[0].decode()
    assert translation == Translator.load(together / "by_2").translate([pairs[0][0]])[0]


@pytest.mark.slow
def test_two_processes_train_alike_with_batches_that_one_of_them_makes(together, monkeypatch):
    finish(together, "--processes", 2, "--output", together / "each")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"localhost:{free.getsockname()[1]}"
    monkeypatch.setenv("KERAS_TRANSFORMER_DATA_SERVICE", address)
    status, _, errors = finish(together, "--processes", 2, "--output", together / "one")
    assert status == 0, errors
    assert f"Process 0 makes the batches, at {address}." in errors
    for expected, found in zip(history(together / "each"), history(together / "one"), strict=True):
        expected.pop("tokens_per_second")
        assert {name: found[name] for name in expected} == expected


@pytest.mark.slow
def test_several_devices_of_a_process_share_its_rows(together, monkeypatch):
    finish(together, "--processes", 1, "--output", together / "one")
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
    status, _, errors = finish(together, "--processes", 1, "--output", together / "four")
    assert status == 0, errors
    for expected, found in zip(history(together / "one"), history(together / "four"), strict=True):
        expected.pop("tokens_per_second")
        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_two_processes_that_are_killed_go_on(together):
    finish(together, "--processes", 2, "--output", together / "whole")
    with start(together, "--processes", 2, "--output", together / "killed") as process:
        while not (together / "killed" / "checkpoints" / "state.npz").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143, process.stderr.read()
    assert finish(together, "--processes", 2, "--output", together / "killed", "--resume")[0] == 0
    for expected, found in zip(history(together / "whole"), history(together / "killed"), strict=True):
        expected.pop("tokens_per_second")
        assert {name: found[name] for name in expected} == expected


@pytest.mark.slow
@pytest.mark.parametrize("index", [0, 1])
def test_no_process_is_left_when_one_is_killed(together, index):
    with start(together, "--processes", 2, "--output", together / "model", "--set", "training.epochs=5000") as process:
        children = wait_for_both(process, together)
        os.kill(int(children[index]), signal.SIGKILL)
        assert process.wait(timeout=60) == 128 + signal.SIGKILL
        assert f"keras-transformer: process {index} of 2 was ended by SIGKILL." in process.stderr.read().splitlines()
    assert not any(pathlib.Path(f"/proc/{child}").exists() for child in children)


@pytest.mark.slow
def test_no_process_is_left_when_the_launcher_is_killed(together):
    with start(together, "--processes", 2, "--output", together / "model", "--set", "training.epochs=5000") as process:
        children = wait_for_both(process, together)
        process.kill()
    deadline = time.monotonic() + 20
    while any(pathlib.Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("port", ["JOB_ADDRESSES", "DATA_SERVICE"])
def test_a_port_in_use_is_reported_at_once(together, monkeypatch, port):
    """Trains with the installed command, as a cluster does."""
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free.bind(("127.0.0.1", 0))
        numbers = {"JOB_ADDRESSES": free, "DATA_SERVICE": free, port: taken}
        addresses = {name: f"127.0.0.1:{number.getsockname()[1]}" for name, number in numbers.items()}
        free.close()
        count = "2" if port == "JOB_ADDRESSES" else "1"
        variables = {"NUM_PROCESSES": count, "PROCESS_ID": "0", "JOB_ADDRESSES": addresses["JOB_ADDRESSES"]}
        for name, value in variables.items():
            monkeypatch.setenv(f"KERAS_DISTRIBUTION_{name}", value)
        if port == "DATA_SERVICE":
            monkeypatch.setenv("KERAS_TRANSFORMER_DATA_SERVICE", addresses[port])
        monkeypatch.setenv("KERAS_BACKEND", "jax")
        command = [pathlib.Path(sys.executable).parent / "keras-transformer", "train", together / "together.toml"]
        output = together / "model"
        found = subprocess.run([*command, "--output", output], capture_output=True, text=True, timeout=100)
    assert (found.returncode, found.stdout) == (2, ""), found.stderr
    assert addresses[port] in found.stderr.splitlines()[-1]
    assert not output.exists()


def test_errors_are_reported_once_before_any_process_starts(together, run):
    missing = ["train", together / "missing.toml", "--processes", 2]
    run(*missing).assert_one_error("missing.toml")
    tuned = ["train", together / "together.toml", "--set", "minimum_risk.epochs=1", "--processes", 2]
    run(*tuned).assert_one_error("[minimum_risk] epochs: translating needs Keras on TensorFlow, in one process")


@pytest.mark.slow
def test_an_error_of_the_text_is_reported_once_by_the_first_process(together):
    (together / "train.en").write_text("")
    arguments = ["train", together / "together.toml", "--processes", 2, "--output", together / "model"]
    command = [sys.executable, "-m", "keras_transformer", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"keras-transformer: {together / 'train.en'}: the file is empty.\n"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"NUM_PROCESSES": "2"}, "Several processes need KERAS_DISTRIBUTION_JOB_ADDRESSES, and whole numbers"),
        ({"NUM_PROCESSES": "2", "PROCESS_ID": "abc"}, "and whole numbers in KERAS_DISTRIBUTION_NUM_PROCESSES"),
        ({"NUM_PROCESSES": "2", "PROCESS_ID": "2"}, "PROCESS_ID must be below KERAS_DISTRIBUTION_NUM_PROCESSES"),
        ({"NUM_PROCESSES": "2", "PROCESS_ID": "0", "JOB_ADDRESSES": "host"}, "must be HOST:PORT of the first process"),
        ({"NUM_PROCESSES": "2", "PROCESS_ID": "0"}, "Several processes need KERAS_BACKEND=jax. Received: tensorflow"),
        ({"NUM_PROCESSES": "2", "PROCESS_ID": "0", "JOB_ADDRESSES": "29500"}, "must be HOST:PORT of the first process"),
        ({"NUM_PROCESSES": "2", "PROCESS_ID": "0", "JOB_ADDRESSES": "host:99999"}, "must be HOST:PORT of the first"),
        (
            {"NUM_PROCESSES": "2", "PROCESS_ID": "0", "DATA_SERVICE": "host"},
            "KERAS_TRANSFORMER_DATA_SERVICE must be HOST:PORT of the first process",
        ),
    ],
)
def test_an_environment_that_does_not_fit_is_refused(together, run, monkeypatch, environment, message):
    if "PROCESS_ID" in environment:
        environment = {"JOB_ADDRESSES": "localhost:1234", **environment}
    for name, value in environment.items():
        prefix = "KERAS_TRANSFORMER" if name == "DATA_SERVICE" else "KERAS_DISTRIBUTION"
        monkeypatch.setenv(f"{prefix}_{name}", value)
    result = run("train", together / "together.toml", "--output", together / "model")
    result.assert_one_error(message)
    assert not (together / "model").exists()


@pytest.mark.slow
def test_the_number_of_processes_can_change_when_a_training_is_resumed(together):
    options = ("--set", "training.epochs=4", "--set", "training.average_checkpoints=1")
    assert finish(together, "--processes", 1, "--output", together / "whole", *options)[0] == 0
    for epochs, number in enumerate((1, 2, 4, 1), start=1):
        part = (*options[:1], f"training.epochs={epochs}", *options[2:], *(["--resume"] if epochs > 1 else []))
        status, _, errors = finish(together, "--processes", number, "--output", together / "parts", *part)
        assert status == 0, errors
    for expected, found in zip(history(together / "whole"), history(together / "parts"), strict=True):
        expected.pop("tokens_per_second")
        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    expected, found = (comparable_weights(together / name, hidden_dim=32) for name in ("whole", "parts"))
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [(), ("--processes", 2)], ids=["one process", "two processes"])
def test_sigusr1_saves_the_current_step(together, processes):
    # Without regular saves within an epoch.
    options = (*processes, "--output", together / "model", "--set", "training.save_every=100000")
    with start(together, *options, "--set", "training.epochs=5000") as process:
        while not (together / "model" / "history.csv").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGUSR1)
        assert process.wait(timeout=60) == 128 + signal.SIGUSR1
        assert process.stderr.read().rstrip().endswith("Interrupted. --resume continues from the last save.")
    done = len(history(together / "model"))
    status, _, errors = finish(together, *options, "--resume", "--set", f"training.epochs={done + 1}")
    assert status == 0, errors
    assert f"Continuing after epoch {done}" in errors
