import os

import pytest

from keras_transformer.errors import InputError
from keras_transformer.models import TransformerConfig
from keras_transformer.trainer import memory_check
from keras_transformer.trainer.memory_check import check_memory, memory_size

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
LIMIT = 100 * 2**20
CONFIG = TransformerConfig(vocabulary_size=300_000, hidden_dim=128, num_heads=2)


@pytest.fixture
def limits(tmp_path, monkeypatch):
    """Replaces the files with the limits of a container by files with these contents."""

    def limits(*contents):
        files = [tmp_path / str(number) for number in range(len(contents))]
        for file, content in zip(files, contents):
            file.write_text(content)
        monkeypatch.setattr(memory_check, "LIMIT_FILES", [*files, tmp_path / "missing", tmp_path])

    return limits


@pytest.mark.parametrize("content", [f"{LIMIT}\n", str(LIMIT)])
def test_a_limit_below_the_memory_of_the_machine_counts(limits, content):
    limits(content)
    assert memory_size() == LIMIT


@pytest.mark.parametrize("content", ["max\n", "9223372036854771712\n", "", "\u00e9", "0\n"])
def test_without_a_limit_the_memory_of_the_machine_counts(limits, content):
    limits(content)
    assert memory_size() == MACHINE


def test_the_smallest_of_several_limits_counts(limits):
    limits("max\n", f"{LIMIT}\n", f"{2 * LIMIT}\n")
    assert memory_size() == LIMIT


def test_a_model_beyond_the_limit_of_the_container_is_refused(limits):
    check_memory(CONFIG)
    limits(f"{LIMIT}\n")
    with pytest.raises(InputError, match=r"GiB of memory to be trained, but this machine or container has 0\.1; make"):
        check_memory(CONFIG)
