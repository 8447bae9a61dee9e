"""Quantisation by Keras and updates of low rank for several test files."""

import gc

import keras
import numpy as np
from keras.quantizers import Int4QuantizationConfig, Int8QuantizationConfig


def is_dense(layer):
    return isinstance(layer, keras.layers.Dense)


def quantized(mode, config=None):
    """A function that quantises all dense layers. Keras would warn about other layers."""

    def change(model):
        gc.freeze()  # Keras collects garbage after every layer, which takes long with the objects of the tests.
        model.quantize(mode, config=config, filters=is_dense)
        gc.unfreeze()

    return change


def quantize_some(model):
    model.get_layer("encoder_1").feed_forward.intermediate_dense.quantize("int8")
    model.get_layer("decoder_1").self_attention.query_key_value_dense.quantize("int4")


def use_lora(model):
    """Updates that are not 0, of every dense layer."""
    random = np.random.default_rng(0)
    for layer in filter(is_dense, model._flatten_layers()):
        layer.enable_lora(2, lora_alpha=3)
        layer.lora_kernel_b.assign(random.normal(0, 0.1, layer.lora_kernel_b.shape))


CHANGES = {
    "int8": quantized("int8"),
    "int8 weights": quantized("int8", Int8QuantizationConfig(activation_quantizer=None)),
    "int4": quantized("int4"),
    "int4 blocks": quantized("int4", Int4QuantizationConfig(block_size=8)),
    "int4 channels": quantized("int4", Int4QuantizationConfig(block_size=None)),
    "some": quantize_some,
    "lora": use_lora,
}
