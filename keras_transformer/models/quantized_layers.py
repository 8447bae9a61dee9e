"""Dense layers that are quantised by Keras (`model.quantize`) or have a low-rank update (`enable_lora`).

Layers are named as in a weights file, such as "layers/transformer_encoder/feed_forward/output_dense".
"""

import functools
import gc

import keras
import numpy as np

from keras_transformer.models.quantization import Quantization
from keras_transformer.models.transformer_parts import transformer_parts
from keras_transformer.models.weight_shapes import is_dense, layer_name, weight_shapes

# Quantisations of Keras that can be neither saved in a model folder nor exported.
_OTHER_MODES = {
    "float8": "which is for training",
    "gptq": "which needs a calibration",
    "awq": "which needs a calibration",
}


def dense_layers(model):
    """Returns the dense layers of a model of `build_transformer` by name."""
    parts = transformer_parts(model)
    owners = {layer_name("transformer_encoder", number): block for number, block in enumerate(parts.encoders)}
    owners |= {layer_name("transformer_decoder", number): block for number, block in enumerate(parts.decoders)}
    owners[layer_name("dense", 0)] = parts.output_projection
    found = {}
    for name, _ in weight_shapes(parts.config):
        layer, _, index = name.rpartition("/vars/")
        if index == "0" and is_dense(layer):
            group, owner, *attributes = layer.split("/")
            found[layer] = functools.reduce(getattr, attributes, owners[f"{group}/{owner}"])
    return found


def quantizations_of(model):
    """Returns the `Quantization` of each quantised layer of a model by name.

    Raises:
        ValueError: a layer has a quantisation other than int8 or int4 with Keras's default quantizers.
    """
    found = {}
    for name, dense in dense_layers(model).items():
        mode = dense.quantization_mode
        if mode in _OTHER_MODES:
            raise ValueError(
                f"A model quantised as {mode}, {_OTHER_MODES[mode]}, can be neither saved nor exported; int8 and int4 "
                f"can. Received: the layer {dense.path} of {dense.dtype_policy.name}."
            )
        if mode is not None:
            block_size = getattr(dense, "_int4_block_size", None) if mode == "int4" else None
            block_size = None if block_size == -1 else block_size
            found[name] = Quantization(mode, block_size, _rounds_inputs(dense))
    return found


def quantize_layers(model, quantizations):
    """Quantises the layers of a model.

    Args:
        model: a model of `build_transformer`.
        quantizations: an object with a method `get` from the name of a layer to its `Quantization` or None.
    """
    # Keras runs the garbage collector after each kernel that it deletes. A full collection takes 0.25 seconds.
    gc.freeze()
    try:
        for name, dense in dense_layers(model).items():
            quantization = quantizations.get(name)
            if quantization is not None:
                dense.quantize(quantization.mode, config=quantization.config())
    finally:
        gc.unfreeze()


def has_lora(model):
    """Returns whether a layer of the model has a low-rank update."""
    return any(dense.lora_enabled for dense in dense_layers(model).values())


def float_kernel(dense):
    """Returns the float32 kernel of a dense layer, plain or quantised, with its low-rank update added.

    Args:
        dense: a built `keras.layers.Dense`, plain or quantised as int8 or int4.

    Returns:
        NumPy array `(inputs, outputs)`.
    """
    stored = dense._kernel
    if dense.quantization_mode == "int4":
        stored = keras.quantizers.unpack_int4(stored, dense.units, axis=-1)
    kernel = _float32(stored)
    if hasattr(dense, "kernel_zero"):
        groups = _float32(dense.g_idx).astype("int32")
        kernel = (kernel - _float32(dense.kernel_zero)[groups]) * _float32(dense.kernel_scale)[groups]
    elif dense.quantization_mode is not None:
        kernel = kernel / _float32(dense.kernel_scale)
    if dense.lora_enabled:
        update = _float32(dense.lora_kernel_a) @ _float32(dense.lora_kernel_b)
        kernel = kernel + dense.lora_alpha / dense.lora_rank * update
    return kernel


def check_scales(model):
    """Raises a ValueError if a quantised layer has a scale that is not positive or refers to a missing group."""
    for name, dense in dense_layers(model).items():
        if dense.quantization_mode is None:
            continue
        scale = _float32(dense.kernel_scale)
        if not hasattr(dense, "kernel_zero"):
            if not (scale > 0).all():
                raise ValueError(f"{name} has a scale that is not positive")
        elif not np.isin(_float32(dense.g_idx), np.arange(len(scale))).all():
            raise ValueError(f"{name} refers to groups that it does not have")


def _rounds_inputs(dense):
    """Returns whether the inputs are rounded to int8 as well, by Keras's default quantizer."""
    quantizer = dense.inputs_quantizer
    if quantizer is None:
        return False
    default = keras.quantizers.AbsMaxQuantizer()
    same = isinstance(quantizer, keras.quantizers.AbsMaxQuantizer) and quantizer.axis in (None, (-1,))
    names = ("value_range", "epsilon", "output_dtype")
    if not same or any(getattr(quantizer, name) != getattr(default, name) for name in names):
        raise ValueError(
            "Only Keras's default quantizer of activations can be saved or exported. Received: "
            f"{type(quantizer).__name__} with {quantizer.get_config()} in the layer {dense.path}."
        )
    return True


def _float32(tensor):
    return keras.ops.convert_to_numpy(tensor).astype("float32")
