"""Runs `train` on two emulated hosts, which have names, addresses, latency and loss. Needs root."""

import csv
import signal
import subprocess

import pytest
from emulated_network import EmulatedNetwork, why_unavailable
from joint_commands import JointCommands

RECIPE = """\
[data]
train_source = "train.en"
train_target = "train.de"
validation_source = "train.en"
validation_target = "train.de"
max_length = 8   # One length, so that JAX compiles one step.

[vocabulary]
size = 280

[model]
num_encoder_layers = 2
num_decoder_layers = 2
hidden_dim = 16
intermediate_dim = 32
num_heads = 2
dropout = 0.1

[training]
steps = 12
optimizer_steps_per_epoch = 3
batch_tokens = 512
learning_rate = 0.001
warmup_steps = 4
average_checkpoints = 1
save_every = 1

[evaluation]
at_end = false
"""
WORDS = {"a": "t", "b": "u", "c": "v", "d": "w", "e": "x", "f": "y", "g": "z"}
HOSTS = ("alpha", "beta")
ENDLESS = ("--set", "training.steps=100000")
SECONDS_TO_TRAIN = 1200

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(why_unavailable() is not None, reason=str(why_unavailable())),
]


@pytest.fixture(scope="module")
def network():
    with EmulatedNetwork(HOSTS, delay=0.02, loss=0.01) as network:
        yield network


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    rows = [(a, b, c) for a in WORDS for b in WORDS for c in WORDS]
    for name, words in (("train.en", {word: word for word in WORDS}), ("train.de", WORDS)):
        (folder / name).write_text("".join(f"{' '.join(words[word] for word in row)}\n" for row in rows))
    (folder / "recipe.toml").write_text(RECIPE)
    return folder / "recipe.toml"


@pytest.fixture
def commands(network, tmp_path):
    commands = JointCommands(network, tmp_path / "logs")
    yield commands
    commands.kill()


@pytest.fixture(scope="module")
def whole(network, recipe, tmp_path_factory):
    """The model folder of an uninterrupted training."""
    folder = tmp_path_factory.mktemp("whole")
    commands = JointCommands(network, folder / "logs")
    try:
        commands.train(recipe, folder / "model")
        assert commands.end(SECONDS_TO_TRAIN) == dict.fromkeys(HOSTS, 0), commands.all_errors()
    finally:
        commands.kill()
    return folder / "model"


def losses(model):
    with (model / "history.csv").open(newline="") as file:
        return [(row["loss"], row["val_loss"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("victim", HOSTS)
def test_the_other_host_ends_if_one_dies_and_the_training_can_be_resumed(commands, recipe, whole, tmp_path, victim):
    commands.train(recipe, tmp_path / "model")
    commands.wait_for(tmp_path / "model" / "history.csv")
    commands.processes[victim].send_signal(signal.SIGKILL)
    (other,) = (host for host in HOSTS if host != victim)
    assert commands.end() == {victim: -signal.SIGKILL, other: 1}
    assert commands.only_line(other) == (
        f"process {HOSTS.index(victim)} ({victim}) ended unexpectedly. Start all processes again with --resume."
    )

    resumed = JointCommands(commands.network, tmp_path / "resumed")
    try:
        resumed.train(recipe, tmp_path / "model", "--resume")
        assert resumed.end(SECONDS_TO_TRAIN) == dict.fromkeys(HOSTS, 0), resumed.all_errors()
        assert "Continuing after epoch" in resumed.errors("alpha")
    finally:
        resumed.kill()
    assert len(losses(whole)) == 4
    assert losses(tmp_path / "model") == losses(whole)


def test_a_signal_saves_the_current_step_and_ends_all_hosts(commands, recipe, tmp_path):
    commands.train(recipe, tmp_path / "model", *ENDLESS)
    commands.wait_for(tmp_path / "model" / "history.csv")
    for process in commands.processes.values():
        process.send_signal(signal.SIGUSR1)
    assert commands.end() == dict.fromkeys(HOSTS, 128 + signal.SIGUSR1)
    assert commands.errors("alpha").rstrip().endswith("Interrupted. --resume continues from the last save.")
    line = "process 0 (alpha) was ended by SIGUSR1. Start all processes again with --resume."
    assert commands.only_line("beta") == line


def test_another_recipe_on_one_host_is_refused(commands, recipe, tmp_path):
    other = recipe.with_name("other.toml")
    other.write_text(RECIPE.replace("batch_tokens = 512", "batch_tokens = 256"))
    commands.train(recipe, tmp_path / "model", hosts=["alpha"]).train(other, tmp_path / "model", hosts=["beta"])
    assert commands.end(SECONDS_TO_TRAIN) == dict.fromkeys(HOSTS, 2)
    line = (
        "[training] batch_tokens must be the same in all processes. Received: 256 in process 1, 512 in process 0. Give "
        "all hosts the same recipe and the same options."
    )
    assert [commands.only_line(host) for host in HOSTS] == [f"process 1 (beta): {line}", line]


def test_a_file_that_one_host_lacks_is_reported_by_all(commands, recipe, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(RECIPE)  # Without the text beside it.
    commands.train(recipe, tmp_path / "model", hosts=["alpha"]).train(other, tmp_path / "model", hosts=["beta"])
    assert commands.end(SECONDS_TO_TRAIN) == dict.fromkeys(HOSTS, 2)
    line = commands.only_line("beta")
    assert str(tmp_path / "train.en") in line
    assert commands.only_line("alpha") == f"process 1 (beta): {line}"


def test_a_full_disk_is_reported_by_all(commands, recipe, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", disk], check=True)
    try:
        commands.train(recipe, disk / "model")
        assert commands.end(SECONDS_TO_TRAIN) == dict.fromkeys(HOSTS, 2)
    finally:
        commands.kill()
        subprocess.run(["umount", disk], check=True)
    line = commands.only_line("alpha")
    assert "No space left on device" in line
    assert str(disk / "model") in line
    assert commands.only_line("beta") == f"process 0 (alpha): {line}"
