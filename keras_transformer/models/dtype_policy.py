import contextlib

import keras

from keras_transformer.models.build_transformer import build_transformer
from keras_transformer.models.transformer_parts import transformer_parts


@contextlib.contextmanager
def dtype_policy(name):
    """Layers that are built inside have this policy; the one from before comes back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(model):
    """The model itself where it computes in float32, otherwise a copy with the same weights that does.

    Args:
        model: a functional `keras.Model` of `build_transformer`.
    """
    parts = transformer_parts(model)
    if parts.decoders[0].compute_dtype == "float32":
        return model
    with dtype_policy("float32"):
        copy = build_transformer(parts.config)
    copy.set_weights(model.get_weights())
    return copy
