"""Tests of dense layers that Keras quantised, or that have an update of low rank."""

import keras
import numpy as np
import pytest
from quantized_cases import CHANGES, quantized, use_lora

from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.models.dtype_policy import dtype_policy, in_float32, merged_copy
from keras_transformer.models.quantization import Quantization
from keras_transformer.models.quantization_note import QuantizationNote
from keras_transformer.models.quantized_layers import dense_layers, float_kernel, quantizations_of

INPUTS = {"source_ids": np.array([[7, 8, 3], [9, 3, 0]]), "target_ids": np.array([[2, 9], [2, 7]])}


def logits_of(model):
    return keras.ops.convert_to_numpy(model(INPUTS))


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("change", CHANGES)
def test_the_float_kernel_is_the_factor_of_the_layer(change, rows):
    inputs = keras.Input((11,))
    model = keras.Model(inputs, keras.layers.Dense(7)(inputs))
    dense = model.layers[-1]
    if change == "some":
        dense.quantize("int4")
    else:
        CHANGES[change](model)
    # Each row has one number, which is not rounded when activations are.
    found = keras.ops.convert_to_numpy(dense(np.eye(11, dtype="float32")))
    np.testing.assert_allclose(float_kernel(dense), found, atol=2e-6)


@pytest.mark.parametrize("change", ["int8", "int4 blocks", "some", "lora"])
def test_a_copy_computes_the_same(tiny_model, change):
    plain = logits_of(tiny_model)
    CHANGES[change](tiny_model)
    expected = logits_of(tiny_model)
    assert np.abs(expected - plain).max() > 1e-3
    copy = merged_copy(tiny_model)
    np.testing.assert_allclose(logits_of(copy), expected, atol=1e-5)
    assert quantizations_of(copy) == quantizations_of(tiny_model)
    assert not any(dense.lora_enabled for dense in dense_layers(copy).values())


def test_an_update_in_half_precision_is_added_in_float32(tiny_config):
    with dtype_policy("mixed_bfloat16"):
        model = build_transformer(tiny_config)
    use_lora(model)
    copy = in_float32(model)
    for dense, twin in zip(dense_layers(model).values(), dense_layers(copy).values(), strict=True):
        np.testing.assert_array_equal(twin.kernel, float_kernel(dense))
    assert in_float32(copy) is copy


def test_an_update_of_a_quantised_kernel_is_rounded_with_a_warning(tiny_model):
    quantized("int8")(tiny_model)
    use_lora(tiny_model)
    assert in_float32(tiny_model) is tiny_model
    with pytest.warns(UserWarning, match="18 quantised layers have a LoRA update"):
        copy = merged_copy(tiny_model)
    for dense, twin in zip(dense_layers(tiny_model).values(), dense_layers(copy).values(), strict=True):
        step = 1 / keras.ops.convert_to_numpy(twin.kernel_scale)
        assert (np.abs(float_kernel(twin) - float_kernel(dense)) <= 0.51 * step).all()


def test_names_are_those_of_a_weights_file():
    config = TransformerConfig(
        vocabulary_size=9,
        num_encoder_layers=2,
        num_decoder_layers=1,
        hidden_dim=4,
        intermediate_dim=6,
        num_heads=1,
        share_output=False,
    )
    model = build_transformer(config)
    found = dense_layers(model)
    assert len(found) == 2 * 4 + 7 + 1
    encoder = model.get_layer("encoder_2")
    assert found["layers/transformer_encoder_1/feed_forward/output_dense"] is encoder.feed_forward.output_dense
    assert found["layers/dense"] is model.get_layer("output_projection")


@pytest.mark.parametrize("change", ["int8", "int4 blocks", "some"])
def test_a_note_survives_json(tiny_model, tiny_config, change):
    CHANGES[change](tiny_model)
    quantizations = quantizations_of(tiny_model)
    groups = QuantizationNote(quantizations).to_json(tiny_config)
    note = QuantizationNote.from_json(groups)
    assert {name: note.get(name) for name in quantizations} == quantizations
    assert (groups[0]["layers"] is None) == (change != "some")
    assert note.get("layers/positional_embedding") is None


def test_no_quantised_layer_has_no_note(tiny_model, tiny_config):
    assert QuantizationNote(quantizations_of(tiny_model)).to_json(tiny_config) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "float8"}, "`mode` must be one of int8, int4"),
        ({"mode": "int4", "block_size": 0}, "`block_size` must be from 1"),
        ({"mode": "int4", "block_size": True}, "`block_size` must be from 1"),
        ({"mode": "int8", "block_size": 8}, "`block_size` needs `mode` int4"),
        ({"mode": "int8", "activations": 1}, "`activations` must be true or false"),
    ],
)
def test_a_quantization_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Quantization(**arguments)


def test_an_unsupported_quantisation_is_named(tiny_model):
    quantized("float8")(tiny_model)
    with pytest.raises(ValueError, match="quantised as float8, which is for training, .*int8 and int4.*encoder_1"):
        quantizations_of(tiny_model)


def test_another_quantizer_of_activations_is_named(tiny_model):
    quantizer = keras.quantizers.AbsMaxQuantizer(value_range=(-63, 63))
    quantized("int8", keras.quantizers.Int8QuantizationConfig(activation_quantizer=quantizer))(tiny_model)
    with pytest.raises(ValueError, match="Only Keras's default quantizer.*AbsMaxQuantizer.*63"):
        quantizations_of(tiny_model)
