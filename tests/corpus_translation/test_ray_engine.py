import socket
import threading

import pytest

from keras_transformer.corpus_translation.job import JobError
from keras_transformer.corpus_translation.job_folder import JobFolder
from keras_transformer.corpus_translation.ray_engine import _check_resources, _wait_for_output
from keras_transformer.corpus_translation.ray_settings import RaySettings

NODES = [
    {"Alive": True, "Resources": {"CPU": 4.0}},
    {"Alive": True, "Resources": {"CPU": 2.0, "GPU": 1.0}},
    {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}},
]


def test_a_worker_that_fits_on_a_machine_is_accepted():
    _check_resources(NODES, RaySettings(workers=8, cpus=4))
    _check_resources(NODES, RaySettings(gpus=0.5))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gpus": 2}, "--cpus-per-worker 1 --gpus-per-worker 2: no machine of the Ray cluster is large enough."),
        ({"cpus": 5}, "--cpus-per-worker 5 --gpus-per-worker 0: no machine of the Ray cluster is large enough."),
        ({"cpus": 4, "gpus": 1}, "--cpus-per-worker 4 --gpus-per-worker 1: no machine"),
    ],
)
def test_a_worker_that_fits_on_no_machine_is_refused(settings, message):
    with pytest.raises(JobError, match=message):
        _check_resources(NODES, RaySettings(**settings))


RECORD = {"shard": "part.txt", "bytes": 3, "process": "beta:17"}


@pytest.mark.parametrize("content", [None, "ab"], ids=["missing", "another size"])
def test_a_translation_that_another_machine_wrote_to_its_own_disk_ends_the_job(tmp_path, content):
    if content is not None:
        (tmp_path / "part.txt").write_text(content)
    message = rf"^{tmp_path}/part.txt: beta has written this file, but on {socket.gethostname()} it is missing or has"
    with pytest.raises(JobError, match=message):
        _wait_for_output(JobFolder(tmp_path), RECORD, seconds=0)


def test_a_translation_can_arrive_later(tmp_path):
    later = threading.Timer(0.05, (tmp_path / "part.txt").write_text, ["abc"])
    later.start()
    _wait_for_output(JobFolder(tmp_path), RECORD)
    later.join()
