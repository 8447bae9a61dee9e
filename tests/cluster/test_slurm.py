"""Trains with `training/cluster/train.sbatch` on a SLURM cluster of three nodes on this machine. Needs root."""

import csv
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from comparable_weights import comparable_weights

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = pathlib.Path(__file__).with_name("slurm.sh")
BATCH_FILE = REPOSITORY / "training" / "cluster" / "train.sbatch"
SECONDS = 1500
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
num_encoder_layers = 1
num_decoder_layers = 1
hidden_dim = 32
intermediate_dim = 64
num_heads = 2
dropout = 0.1
normalize_first = true

[training]
steps = 300
optimizer_steps_per_epoch = 50
batch_tokens = 512
# Adam multiplies the rounding errors of another order of sums. A small rate keeps them small.
learning_rate = 0.0005
warmup_steps = 300
average_checkpoints = 1
save_every = 1000

[evaluation]
at_end = false
"""
WORDS = {"a": "t", "b": "u", "c": "v", "d": "w", "e": "x", "f": "y", "g": "z"}
WIDTH = 32

pytestmark = pytest.mark.cluster


def command(*arguments, **options):
    return subprocess.run([*map(str, arguments)], check=True, text=True, capture_output=True, **options).stdout


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The folder of a running cluster."""
    folder = tmp_path_factory.mktemp("slurm")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    command(CLUSTER, "install")
    environment = dict(os.environ)
    try:
        command(CLUSTER, "up", folder, 3, timeout=120)
        os.environ |= {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY),
        }
        yield folder
    finally:
        os.environ.clear()
        os.environ |= environment
        subprocess.run([CLUSTER, "down", folder], check=True)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder of a corpus whose batches have few shapes, and the recipe."""
    folder = tmp_path_factory.mktemp("numbers")
    rows = [(a, b, c) for a in WORDS for b in WORDS for c in WORDS]
    for name, words in (("train.en", {word: word for word in WORDS}), ("train.de", WORDS)):
        (folder / name).write_text("".join(f"{' '.join(words[word] for word in row)}\n" for row in rows))
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


@pytest.fixture(scope="module")
def expected(cluster, corpus):
    """The folder of the model of an uninterrupted job."""
    job = submit(corpus, "two")
    assert wait_for_end(corpus, job, "two")["Restarts"] == "0"
    return corpus / "two"


def submit(corpus, name, *options_of_sbatch, options=()):
    """Submits a training on two nodes with these options of `train`, and returns the id of the job."""
    log = corpus / f"{name}.log"
    arguments = (BATCH_FILE, corpus / "recipe.toml", corpus / name, *options)
    return command("sbatch", "--parsable", f"--output={log}", "--chdir", corpus, *options_of_sbatch, *arguments).strip()


def facts_of(job):
    return dict(re.findall(r"(\w+)=(\S*)", command("scontrol", "show", "job", job)))


def wait_for_epoch(corpus, job, name):
    """Waits until the first epoch is complete."""
    deadline = time.monotonic() + SECONDS
    while not (corpus / name / "history.csv").exists():
        assert facts_of(job)["JobState"] in ("PENDING", "RUNNING"), (corpus / f"{name}.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_end(corpus, job, name):
    """Waits until the job is complete, and returns its facts."""
    deadline = time.monotonic() + SECONDS
    while (facts := facts_of(job))["JobState"] != "COMPLETED":
        assert facts["JobState"] not in ("FAILED", "CANCELLED", "TIMEOUT"), (corpus / f"{name}.log").read_text()
        assert time.monotonic() < deadline, facts
        time.sleep(0.5)
    return facts


def losses(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def assert_same(folder, other, tolerance=0.0):
    assert losses(folder) == pytest.approx(losses(other), rel=tolerance, abs=0)
    found, wanted = (comparable_weights(path, WIDTH) for path in (folder, other))
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, atol=tolerance, rtol=tolerance, err_msg=name)


def test_two_nodes_train_the_model_of_one_process(expected, corpus):
    command("keras-transformer", "train", corpus / "recipe.toml", "--output", corpus / "one", "--processes", 1)
    assert_same(expected, corpus / "one", tolerance=1e-5)


@pytest.mark.parametrize("node", ["node1", "node2"], ids=["node of the script", "other node"])
def test_a_job_continues_on_another_node_if_one_is_killed(cluster, expected, corpus, node):
    job = submit(corpus, node)
    wait_for_epoch(corpus, job, node)
    assert node in command("scontrol", "show", "hostnames", facts_of(job)["NodeList"]).split()
    command(CLUSTER, "kill", cluster, node)
    try:
        facts = wait_for_end(corpus, job, node)
    finally:
        command(CLUSTER, "node", cluster, node)
    assert int(facts["Restarts"]) >= 1
    assert "Continuing after epoch" in (corpus / f"{node}.log").read_text()
    assert_same(corpus / node, expected)


def test_a_job_continues_on_another_node_if_one_is_killed_before_the_processes_connect(cluster, expected, corpus):
    job = submit(corpus, "early")
    deadline = time.monotonic() + SECONDS
    while facts_of(job)["JobState"] != "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    node = command("scontrol", "show", "hostnames", facts_of(job)["NodeList"]).split()[-1]
    command(CLUSTER, "kill", cluster, node)
    try:
        facts = wait_for_end(corpus, job, "early")
    finally:
        command(CLUSTER, "node", cluster, node)
    assert facts["Restarts"] == "1"
    assert_same(corpus / "early", expected)


def test_the_time_limit_of_slurm_puts_the_job_back_into_the_queue(expected, corpus):
    # The signal arrives 60 to 90 seconds before the limit, because SLURM looks every 30 seconds.
    job = submit(corpus, "limit", "--time=3", options=("--set", "training.steps=1000000"))
    wait_for_epoch(corpus, job, "limit")
    deadline = time.monotonic() + SECONDS
    while "Continuing after" not in (corpus / "limit.log").read_text():
        assert facts_of(job)["JobState"] not in ("FAILED", "CANCELLED", "TIMEOUT"), (corpus / "limit.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert facts_of(job)["Restarts"] == "1"
    command("scancel", job)
    assert losses(corpus / "limit")[:6] == losses(expected)


def test_a_time_limit_loses_no_step(expected, corpus):
    # SLURM sends this signal to the script before the time limit.
    job = submit(corpus, "time")
    wait_for_epoch(corpus, job, "time")
    time.sleep(2)  # Some steps of the next epoch, which has 50.
    command("scancel", "--batch", "--signal=TERM", job)
    assert int(wait_for_end(corpus, job, "time")["Restarts"]) == 1
    log = (corpus / "time.log").read_text()
    # Without a save at the signal, it would continue at the beginning of an epoch.
    assert re.search(r"Continuing after epoch \d+ and \d+ batches\.", log), log
    assert_same(corpus / "time", expected)


def test_a_cancelled_job_is_not_put_back_into_the_queue(cluster, corpus):
    job = submit(corpus, "cancelled")
    wait_for_epoch(corpus, job, "cancelled")
    command("scancel", job)
    deadline = time.monotonic() + 60
    while (facts := facts_of(job))["JobState"] != "CANCELLED":
        assert time.monotonic() < deadline, facts
        time.sleep(0.5)
    assert facts["Restarts"] == "0"
