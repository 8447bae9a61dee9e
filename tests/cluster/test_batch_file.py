"""Runs `training/cluster/train.sbatch` with programs instead of SLURM's, which print what they get."""

import os
import pathlib
import subprocess

import pytest

BATCH_FILE = pathlib.Path(__file__).resolve().parents[2] / "training" / "cluster" / "train.sbatch"
SCONTROL = """\
#!/bin/bash
case "$2" in
hostnames) printf 'alpha\\nbeta\\n' ;;
node) echo "NodeName=$3 NodeAddr=10.0.0.1 NodeHostName=$3" ;;
job) echo "JobId=$3 JobState=RUNNING Reason=None" ;;
esac
"""


@pytest.fixture
def variables(tmp_path):
    """Runs the file with environment variables, and returns those of the processes."""
    for name, program in (("scontrol", SCONTROL), ("srun", "#!/bin/bash\nenv\n")):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)

    def run(**given):
        job = {"SLURM_JOB_ID": "17", "SLURM_JOB_NODELIST": "alpha,beta", "SLURM_NTASKS": "2", **given}
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", **job}
        command = ["bash", BATCH_FILE, "recipe.toml", tmp_path / "model"]
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return dict(line.split("=", 1) for line in found.stdout.splitlines())

    return run


def test_the_processes_get_the_address_of_the_first_node(variables):
    found = variables()
    assert found["KERAS_DISTRIBUTION_JOB_ADDRESSES"] == "10.0.0.1:20017"
    assert found["KERAS_DISTRIBUTION_NUM_PROCESSES"] == "2"


def test_the_processes_wait_longer_than_slurm_needs_to_notice_a_lost_node(variables):
    assert int(variables()["KERAS_TRANSFORMER_JOIN_SECONDS"]) > 2 * 300
    assert variables(KERAS_TRANSFORMER_JOIN_SECONDS="7")["KERAS_TRANSFORMER_JOIN_SECONDS"] == "7"


def test_the_processes_get_the_cpus_of_the_job(variables):
    assert variables(SLURM_CPUS_PER_TASK="3")["SRUN_CPUS_PER_TASK"] == "3"
    assert "SRUN_CPUS_PER_TASK" not in variables()
