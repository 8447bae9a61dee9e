import pytest

from keras_transformer.corpus_translation.job import JobError
from keras_transformer.corpus_translation.ray_engine import _check_resources
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
