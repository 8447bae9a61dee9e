"""Tests that only changes of a model's structure are detected as such."""

import keras
import numpy as np
import pytest

from keras_transformer.models import StructureWatch

INPUTS = {"source_ids": np.array([[7, 8, 3]]), "target_ids": np.array([[2, 9]])}


def dense_of(model):
    return model.get_layer("encoder_1").feed_forward.intermediate_dense


def set_dtype_policy(model):
    dense_of(model).dtype_policy = "mixed_bfloat16"


def set_activation(model):
    dense_of(model).activation = keras.activations.gelu


def remove_bias(model):
    dense_of(model).bias = None


@pytest.mark.parametrize(
    "change",
    [
        lambda model: dense_of(model).quantize("int8"),
        lambda model: dense_of(model).quantize("int4"),
        lambda model: dense_of(model).enable_lora(2),
        set_dtype_policy,
        set_activation,
        remove_bias,
    ],
    ids=["int8", "int4", "enable_lora", "dtype_policy", "activation", "bias"],
)
def test_a_change_of_structure_is_noticed_once(tiny_model, change):
    watch = StructureWatch(tiny_model)
    assert not watch.has_changed()
    change(tiny_model)
    assert watch.has_changed()
    assert not watch.has_changed()


def test_training_and_new_weights_are_no_change(tiny_model):
    watch = StructureWatch(tiny_model)
    tiny_model(INPUTS)
    tiny_model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    tiny_model.fit(INPUTS, np.array([[5, 3]]), verbose=0)
    tiny_model.set_weights([2 * weight for weight in tiny_model.get_weights()])
    assert not watch.has_changed()
