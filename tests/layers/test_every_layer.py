"""Requirements of every layer, checked in the same way for all layers."""

import inspect
import json
import typing

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_transformer import layers

BATCH, SOURCE, TARGET, WIDTH, VOCABULARY = 3, 7, 5, 16, 20


def sequence(length, width=WIDTH):
    return np.random.default_rng(length).normal(size=(BATCH, length, width)).astype("float32")


def token_ids(length):
    ids = np.random.default_rng(length).integers(1, VOCABULARY, (BATCH, length)).astype("int32")
    return ids * padding_mask(length)


def padding_mask(length):
    """A row without padding, a row with some, and a row of padding only."""
    return np.arange(length) < np.array([[length], [2], [0]])


class Case(typing.NamedTuple):
    """A layer, arguments that differ from the defaults, and the inputs of its call."""

    layer_class: type
    arguments: dict
    inputs: tuple
    masks: dict
    output_shape: tuple

    def make(self, **changes):
        return self.layer_class(**{**self.arguments, **changes})

    def functional_model(self, layer):
        """Returns a functional model of the layer with unknown lengths, and input arrays."""
        inputs = [keras.Input((None, *array.shape[2:]), dtype=array.dtype.name) for array in self.inputs]
        masks = {name: keras.Input((None,), dtype="bool") for name in self.masks}
        model = keras.Model([*inputs, *masks.values()], layer(*inputs, **masks))
        return model, [*self.inputs, *self.masks.values()]


BLOCK = {
    "intermediate_dim": 32,
    "num_heads": 4,
    "dropout": 0.1,
    "activation": "gelu",
    "attention_dropout": 0.2,
    "intermediate_dropout": 0.3,
    "layer_norm_epsilon": 1e-3,
}
ENCODER_CALL = ((sequence(SOURCE),), {"padding_mask": padding_mask(SOURCE)}, (BATCH, SOURCE, WIDTH))
DECODER_CALL = (
    (sequence(TARGET), sequence(SOURCE, 24)),
    {"decoder_padding_mask": padding_mask(TARGET), "encoder_padding_mask": padding_mask(SOURCE)},
    (BATCH, TARGET, WIDTH),
)
CASES = {
    "OutputBias": Case(layers.OutputBias, {}, (sequence(SOURCE),), {}, (BATCH, SOURCE, WIDTH)),
    "PaddingMask": Case(layers.PaddingMask, {"hides_end": True}, (token_ids(SOURCE),), {}, (BATCH, SOURCE)),
    "PositionalEmbedding": Case(
        layers.PositionalEmbedding,
        {
            "vocabulary_size": VOCABULARY,
            "hidden_dim": WIDTH,
            "max_length": 9,
            "dropout": 0.1,
            "first_position": 2,
            "position_frequencies": "tensor2tensor",
        },
        (token_ids(SOURCE),),
        {},
        (BATCH, SOURCE, WIDTH),
    ),
    "PrefixToken": Case(
        layers.PrefixToken, {"token_id": 9, "position": 1}, (token_ids(SOURCE),), {}, (BATCH, SOURCE + 1)
    ),
    "MultiHeadSelfAttention": Case(layers.MultiHeadSelfAttention, {"num_heads": 4, "dropout": 0.1}, *ENCODER_CALL),
    "MultiHeadCrossAttention": Case(
        layers.MultiHeadCrossAttention,
        {"num_heads": 4, "dropout": 0.1},
        (sequence(TARGET), sequence(SOURCE, 24)),
        {"padding_mask": padding_mask(SOURCE)},
        (BATCH, TARGET, WIDTH),
    ),
    "FeedForward": Case(
        layers.FeedForward,
        {"intermediate_dim": 32, "activation": "gelu", "dropout": 0.1},
        (sequence(SOURCE),),
        {},
        (BATCH, SOURCE, WIDTH),
    ),
    "TransformerEncoder post-norm": Case(layers.TransformerEncoder, {**BLOCK, "normalize_first": False}, *ENCODER_CALL),
    "TransformerEncoder pre-norm": Case(layers.TransformerEncoder, {**BLOCK, "normalize_first": True}, *ENCODER_CALL),
    "TransformerDecoder post-norm": Case(layers.TransformerDecoder, {**BLOCK, "normalize_first": False}, *DECODER_CALL),
    "TransformerDecoder pre-norm": Case(layers.TransformerDecoder, {**BLOCK, "normalize_first": True}, *DECODER_CALL),
}

# The outputs of the other layers have the compute dtype.
DTYPES = {layers.PaddingMask: "bool", layers.PrefixToken: "int32"}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def test_every_public_layer_has_a_case():
    assert {case.layer_class.__name__ for case in CASES.values()} == set(layers.__all__)


def test_config_holds_every_argument_and_rebuilds_the_layer(case):
    layer = case.make(name="mine")
    config = layer.get_config()
    parameters = set(inspect.signature(case.layer_class.__init__).parameters)
    parameters -= set(inspect.signature(keras.layers.Layer.__init__).parameters)
    assert parameters == set(case.arguments)
    assert {name: config[name] for name in parameters} == case.arguments
    assert case.layer_class.from_config(json.loads(json.dumps(config))).get_config() == config


def test_build_from_shapes_makes_the_weights_of_a_call(case):
    built, called = case.make(), case.make()
    built.build(*[array.shape for array in case.inputs])
    called(*case.inputs, **case.masks)
    assert built.built
    assert [(weight.name, weight.shape) for weight in built.weights] == [
        (weight.name, weight.shape) for weight in called.weights
    ]


def test_eager_call_has_the_documented_shape(case):
    assert case.make()(*case.inputs, **case.masks).shape == case.output_shape


def test_symbolic_call_has_the_shape_of_the_eager_call(case):
    layer = case.make()
    model, arrays = case.functional_model(layer)
    assert model.output_shape == (None, None, *case.output_shape[2:])
    assert model.output.dtype == DTYPES.get(case.layer_class, "float32")
    np.testing.assert_allclose(model.predict(arrays, verbose=0), layer(*case.inputs, **case.masks), atol=1e-6)


def test_saved_model_file_gives_equal_outputs(case, tmp_path):
    model, arrays = case.functional_model(case.make())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(arrays), model(arrays))


def test_fits_inside_a_foreign_model(case):
    model, arrays = case.functional_model(case.make())
    features = keras.ops.cast(model.output, "float32")
    features = features if len(features.shape) == 3 else keras.ops.expand_dims(features, -1)
    outputs = keras.layers.Dense(1)(keras.layers.GlobalMaxPooling1D()(features))
    foreign = keras.Model(model.inputs, outputs)
    foreign.compile("sgd", "mse")
    before = foreign.get_weights()
    history = foreign.fit(arrays, np.ones((BATCH, 1)), epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    assert any((old != new).any() for old, new in zip(before, foreign.get_weights(), strict=True))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_every_precision_gives_finite_outputs_and_gradients(case, policy):
    layer = case.make(dtype=policy)
    outputs, gradients = outputs_and_gradients(case, layer)
    compute_dtype = keras.DTypePolicy(policy).compute_dtype
    assert outputs.dtype == DTYPES.get(case.layer_class, compute_dtype)
    assert all(weight.dtype == "float32" for weight in layer.trainable_weights)
    for tensor in (outputs, *gradients):
        assert np.isfinite(tf.cast(tensor, "float32")).all()


def test_jit_compilation_changes_neither_outputs_nor_gradients(case):
    layer = case.make()
    outputs, gradients = tf.function(outputs_and_gradients)(case, layer)
    jit_outputs, jit_gradients = tf.function(outputs_and_gradients, jit_compile=True)(case, layer)
    np.testing.assert_allclose(jit_outputs, outputs, atol=1e-5)
    for jit_gradient, gradient in zip(jit_gradients, gradients, strict=True):
        np.testing.assert_allclose(jit_gradient, gradient, rtol=1e-5, atol=1e-5)


def test_every_dropout_acts_in_training_and_only_then(case):
    rates = {name: 0.0 for name in case.arguments if "dropout" in name}
    for name in rates:
        layer = case.make(**{**rates, name: 0.5})
        outputs = np.array(layer(*case.inputs, **case.masks, training=False))
        np.testing.assert_array_equal(layer(*case.inputs, **case.masks), outputs)
        first, second = (np.array(layer(*case.inputs, **case.masks, training=True)) for _ in range(2))
        assert (first != outputs).any(), name
        assert (first != second).any(), name
        without = case.make(**rates)
        without.build(*[array.shape for array in case.inputs])
        without.set_weights([weight.numpy() for weight in layer.trainable_weights])
        np.testing.assert_array_equal(without(*case.inputs, **case.masks, training=True), outputs)


def outputs_and_gradients(case, layer):
    with tf.GradientTape() as tape:
        outputs = layer(*case.inputs, **case.masks)
        total = tf.reduce_sum(tf.cast(outputs, "float32") ** 2)
    gradients = tape.gradient(total, [weight.value for weight in layer.trainable_weights])
    return outputs, [tf.convert_to_tensor(gradient) for gradient in gradients]


def test_the_shape_of_the_output_is_known_without_a_call(case):
    assert case.make().compute_output_shape(*[array.shape for array in case.inputs]) == case.output_shape


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if len(case.inputs) == 1])
def test_time_distributed_applies_it_to_every_part(name):
    (array,) = CASES[name].inputs
    layer = CASES[name].make()
    inputs = keras.Input((2, *array.shape[1:]), dtype=array.dtype.name)
    model = keras.Model(inputs, keras.layers.TimeDistributed(layer)(inputs))
    outputs = np.array(model(np.stack([array, array], axis=1)))
    np.testing.assert_allclose(outputs[:, 1], np.array(layer(array)), atol=1e-6)
