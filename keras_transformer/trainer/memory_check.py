import os

import keras
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.models.weight_shapes import count_weights

_GIBIBYTE = 2**30
# Weights, gradients and the two moments of Adam, in float32.
_BYTES_OF_WEIGHT, _COPIES_IN_TRAINING = 4, 4


def check_memory(config):
    """Raises an InputError where this machine has less memory than the weights of a training take.

    Args:
        config: the `TransformerConfig`.
    """
    parameters = count_weights(config)
    # On an accelerator the machine holds the weights alone.
    on_processor = keras.backend.backend() == "tensorflow" and not tf.config.list_physical_devices("GPU")
    needed = parameters * _BYTES_OF_WEIGHT * (_COPIES_IN_TRAINING if on_processor else 1)
    present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > present:
        raise InputError(
            f"[model]: {parameters:,} parameters need {needed / _GIBIBYTE:,.0f} GiB of memory to be trained, but this "
            f"machine has {present / _GIBIBYTE:,.1f}; make [vocabulary] size or the sizes in [model] smaller."
        )
