import contextlib
import warnings

import keras

from keras_transformer.models.build_transformer import build_transformer
from keras_transformer.models.quantized_layers import dense_layers, float_kernel, quantizations_of, quantize_layers
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
    """The model itself where it computes in float32 by plain or quantised kernels, otherwise a copy that does.

    A copy has the same weights, and kernels to which updates of low rank are added. (An update of a quantised kernel
    stays beside it in a model of float32: the sum would have to be rounded once more.)

    Args:
        model: a functional `keras.Model` of `build_transformer`.
    """
    layers = dense_layers(model).values()
    is_plain = all(layer.compute_dtype == "float32" for layer in model._flatten_layers(include_self=False)) and not any(
        dense.lora_enabled and dense.quantization_mode is None for dense in layers
    )
    return model if is_plain else merged_copy(model)


def merged_copy(model):
    """A copy in float32 with the same quantised layers, without updates of low rank: they are added to the kernels.

    A kernel that is quantised is rounded anew after its update was added, as Keras does when it saves one; of that a
    warning is given.

    Args:
        model: a functional `keras.Model` of `build_transformer`.

    Raises:
        ValueError: a layer is quantised in another way than int8 or int4.
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
                store["0"] = float_kernel(layer)  # Keras's sum would have the type that the layer computes in.
            else:
                num_rounded += 1
        twin.load_own_variables(store)
    if num_rounded:
        warnings.warn(
            f"{num_rounded} quantised layers have an update by LoRA: it was added to their kernels, which were rounded "
            "again. The translations may differ.",
            stacklevel=2,
        )
    return copy
