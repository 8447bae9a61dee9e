import contextlib
import warnings

import keras

from keras_transformer.models.build_transformer import build_transformer
from keras_transformer.models.ensemble import Ensemble
from keras_transformer.models.quantized_layers import dense_layers, float_kernel, quantizations_of, quantize_layers
from keras_transformer.models.transformer_parts import transformer_parts

# `_flatten_layers` is not public. Keras has no public method for nested layers (keras-team/keras issue 4398, closed as
# stale).


@contextlib.contextmanager
def dtype_policy(name):
    """Sets the policy of layers that are built in the block, and restores the previous policy afterwards."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(model):
    """Returns the model if it computes in float32 with plain or quantised kernels, otherwise a float32 copy.

    The copy has the same weights. Low-rank updates are added to its kernels. A float32 model keeps low-rank updates of
    quantised kernels separate, because their sum would be rounded again.

    Args:
        model: a functional `keras.Model` of `build_transformer`, or an `Ensemble`.
    """
    if isinstance(model, Ensemble):
        return Ensemble([in_float32(each) for each in model.models], model.alignment_heads)
    layers = dense_layers(model).values()
    is_plain = all(layer.compute_dtype == "float32" for layer in model._flatten_layers(include_self=False)) and not any(
        dense.lora_enabled and dense.quantization_mode is None for dense in layers
    )
    return model if is_plain else merged_copy(model)


def without_lora(model):
    """Returns the model if no layer has a low-rank update, otherwise `merged_copy`.

    Args:
        model: any Keras model. One that was not built by `build_transformer` is returned unchanged.
    """
    if any(getattr(layer, "lora_enabled", False) for layer in model._flatten_layers(include_self=False)):
        with contextlib.suppress(ValueError):
            return merged_copy(model)
    return model


def merged_copy(model):
    """Returns a float32 copy with the same quantised layers and with low-rank updates added to the kernels.

    A quantised kernel is rounded again after its update was added, as Keras does when it saves one. A warning reports
    it.

    Args:
        model: a functional `keras.Model` of `build_transformer`.

    Raises:
        ValueError: a layer has a quantisation other than int8 or int4.
    """
    with dtype_policy("float32"):
        copy = build_transformer(transformer_parts(model).config)
    quantize_layers(copy, quantizations_of(model))
    num_rounded = 0
    for layer, twin in zip(model._flatten_layers(), copy._flatten_layers(), strict=True):
        store = {}
        layer.save_own_variables(store)
        if isinstance(layer, keras.layers.Dense) and layer.lora_enabled:
            if layer.quantization_mode is None:
                store["0"] = float_kernel(layer)  # Keras's sum would have the compute dtype of the layer.
            else:
                num_rounded += 1
        twin.load_own_variables(store)
    if num_rounded:
        warnings.warn(
            f"{num_rounded} quantised layers have a LoRA update. The update was added to their kernels, which were "
            "rounded again. The translations may differ.",
            stacklevel=2,
        )
    return copy
