import os
import pathlib

from keras_transformer.errors import InputError
from keras_transformer.models.weight_shapes import count_weights
from keras_transformer.processes.keras_backend import keras_backend
from keras_transformer.recipes.precision import list_gpus

_GIBIBYTE = 2**30
# Weights, gradients and the two moments of Adam, in float32.
_BYTES_OF_WEIGHT, _COPIES_IN_TRAINING = 4, 4
# Linux's files with the memory limit of a container, for control groups of version 2 and of version 1.
LIMIT_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def check_memory(config, lora_rank=None):
    """Raises an InputError if this machine or container has less memory than the weights of a training need.

    Args:
        config: the `TransformerConfig`.
        lora_rank: rank of low-rank updates. With them, only the weights are counted. Default None.
    """
    parameters = count_weights(config)
    # With an accelerator, the machine's memory only needs to hold the weights.
    on_processor = keras_backend() == "tensorflow" and not list_gpus()
    needed = parameters * _BYTES_OF_WEIGHT * (_COPIES_IN_TRAINING if on_processor and not lora_rank else 1)
    present = memory_size()
    if needed > present:
        raise InputError(
            f"[model]: {parameters:,} parameters need {needed / _GIBIBYTE:,.0f} GiB of memory to be trained, but "
            f"this machine or container has {present / _GIBIBYTE:,.1f}; make [vocabulary] size or the sizes in [model] "
            "smaller."
        )


def memory_size():
    """Returns the memory of this process in bytes: the smaller of the machine's memory and the container's limit.

    A file of `LIMIT_FILES` that is missing or does not have a number, such as "max", is ignored.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *filter(None, map(_limit, LIMIT_FILES))])


def _limit(path):
    """Returns the number in a file, or None if there is none."""
    try:
        return int(pathlib.Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
