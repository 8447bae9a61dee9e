"""Tests that a model with a chunked loss trains as the functional model of the same layers."""

import keras
import numpy as np
import pytest

from keras_transformer import layers
from keras_transformer.losses import RDropCrossEntropy, SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.models import TransformerConfig, build_transformer, transformer_parts, with_chunked_loss
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.saving.weights_file import load_weights, save_weights

VOCABULARY = 50
GENERATOR = np.random.default_rng(0)
SOURCE, TARGET, LABELS = GENERATOR.integers(4, VOCABULARY, (3, 6, 7), dtype="int32")
LABELS[1, 3:], LABELS[2, 6:] = 0, 0
INPUTS = {"source_ids": SOURCE, "target_ids": TARGET}
SAMPLE_WEIGHTS = np.array([1, 2, 0.5, 1, 1, 1], "float32")


def transformer(precision="float32", **fields):
    sizes = {"hidden_dim": 16, "intermediate_dim": 32, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 1}
    config = TransformerConfig(vocabulary_size=VOCABULARY, max_length=9, dropout=0.1, **sizes, **fields)
    keras.utils.set_random_seed(1)
    with dtype_policy(precision):
        return build_transformer(config)


def compiled(model, loss=None, **arguments):
    metrics = [Perplexity(), TokenAccuracy()]
    arguments = {"metrics": metrics, "jit_compile": False, **arguments}
    model.compile(keras.optimizers.SGD(0.5), loss or SmoothedCrossEntropy(0.1), **arguments)
    return model


def trained(model):
    """Returns everything that `fit` and `evaluate` of a compiled model report, and its weights."""
    arguments = {"sample_weight": SAMPLE_WEIGHTS, "batch_size": 3, "verbose": 0}
    history = model.fit(INPUTS, LABELS, epochs=2, shuffle=False, validation_data=(INPUTS, LABELS), **arguments).history
    return history, model.evaluate(INPUTS, LABELS, return_dict=True, **arguments), model.get_weights()


def assert_trained_alike(found, expected, tolerance=1e-6):
    for found_logs, expected_logs in zip(found[:2], expected[:2], strict=True):
        assert list(found_logs) == list(expected_logs)
        for name, values in expected_logs.items():
            np.testing.assert_allclose(found_logs[name], values, rtol=10 * tolerance, err_msg=name)
    for found_weight, expected_weight in zip(found[2], expected[2], strict=True):
        np.testing.assert_allclose(found_weight, expected_weight, atol=tolerance)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        pytest.param({"share_output": False, "normalize_first": True}, marks=pytest.mark.slow),
        pytest.param({"output_bias": True}, marks=pytest.mark.slow),
        pytest.param({"source_prefix": 5, "target_prefix": 6}, marks=pytest.mark.slow),
        pytest.param({"precision": "mixed_bfloat16"}, marks=pytest.mark.slow),
        pytest.param({"precision": "mixed_float16"}, marks=pytest.mark.slow),
    ],
)
def test_training_is_that_of_the_functional_model(fields):
    expected = trained(compiled(transformer(**fields)))
    model = compiled(with_chunked_loss(transformer(**fields), rows=5))
    assert model._computes_chunks(LABELS) == ("precision" not in fields)
    found = trained(model)
    assert_trained_alike(found, expected, tolerance=1e-6 if "precision" not in fields else 2e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [{"jit_compile": True}, {"run_eagerly": True}, {"steps_per_execution": 2}, {"metrics": None}],
    ids=lambda arguments: next(iter(arguments)),
)
def test_every_way_to_run_a_step_trains_alike(arguments):
    expected = trained(compiled(transformer(), **arguments))
    found = trained(compiled(with_chunked_loss(transformer(), rows=5), **arguments))
    assert_trained_alike(found, expected, tolerance=1e-6 if "jit_compile" not in arguments else 1e-5)


@pytest.mark.slow
def test_frozen_embeddings_stay_as_they_are():
    models = []
    for make in (lambda model: model, with_chunked_loss):
        model = transformer()
        transformer_parts(model).target_embedding.embeddings.trainable = False
        models.append(compiled(make(model)))
    before = models[1].get_layer("embedding").embeddings.numpy()
    expected, found = map(trained, models)
    assert_trained_alike(found, expected)
    np.testing.assert_array_equal(models[1].get_layer("embedding").embeddings, before)


@pytest.mark.parametrize(
    "arguments",
    [
        {"loss": RDropCrossEntropy()},
        {"loss": "sparse_categorical_crossentropy"},
        {"metrics": [Perplexity(), "accuracy"]},
        {"weighted_metrics": [Perplexity()]},
        {"loss_weights": 2.0},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_other_losses_and_metrics_get_whole_logits(arguments):
    model = compiled(with_chunked_loss(transformer()), **arguments)
    assert not model._computes_chunks(LABELS)
    assert compiled(model)._computes_chunks(LABELS)


def test_the_model_of_a_call_is_the_functional_model(tmp_path):
    model = transformer()
    chunked = with_chunked_loss(model)
    np.testing.assert_array_equal(chunked(INPUTS), model(INPUTS))
    assert transformer_parts(chunked).config == transformer_parts(model).config
    assert [id(weight) for weight in chunked.weights] == [id(weight) for weight in model.weights]
    save_weights(chunked, tmp_path / "chunked.weights.h5")
    other = transformer()
    other.set_weights([weight + 1 for weight in other.get_weights()])
    load_weights(other, tmp_path / "chunked.weights.h5")
    for found, expected in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_saved_model_has_its_number_of_rows():
    model = with_chunked_loss(transformer(), rows=512)
    assert type(model).from_config(model.get_config()).loss_rows == 512


@pytest.mark.slow
def test_a_saved_model_continues_its_training(tmp_path):
    model = compiled(with_chunked_loss(transformer()))
    model.fit(INPUTS, LABELS, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(INPUTS, LABELS, verbose=0) == model.evaluate(INPUTS, LABELS, verbose=0)
    assert loaded._computes_chunks(LABELS)


@pytest.mark.slow
def test_other_functional_models_train_alike():
    def language_model():
        keras.utils.set_random_seed(1)
        token_ids = keras.Input((None,), dtype="int32")
        embedding = layers.PositionalEmbedding(VOCABULARY, 16, max_length=9)
        x = layers.TransformerEncoder(32, num_heads=2)(embedding(token_ids), use_causal_mask=True)
        return keras.Model(token_ids, embedding(x, reverse=True))

    def reports(model):
        compiled(model)
        return (
            model.fit(TARGET, LABELS, batch_size=3, epochs=2, shuffle=False, verbose=0).history,
            {},
            model.get_weights(),
        )

    assert_trained_alike(reports(with_chunked_loss(language_model(), rows=4)), reports(language_model()))


def projected(**arguments):
    """A model that ends with a `Dense` layer, as the functional model and with the loss in chunks."""
    keras.utils.set_random_seed(1)
    token_ids = keras.Input((None,), dtype="int32")
    hidden = layers.PositionalEmbedding(VOCABULARY, 16, max_length=9)(token_ids)
    model = keras.Model(token_ids, keras.layers.Dense(VOCABULARY, use_bias=False, **arguments)(hidden))
    return compiled(model), compiled(with_chunked_loss(model))


def test_a_projection_that_is_quantised_after_a_step_gets_whole_logits():
    plain, chunked = projected()
    chunked.evaluate(TARGET, LABELS, verbose=0)
    chunked.layers[-1].quantize("int8")
    compiled(chunked)
    assert not chunked._computes_chunks(LABELS)
    found, expected = (model.evaluate(TARGET, LABELS, verbose=0) for model in (chunked, compiled(plain)))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_projection_with_lora_after_a_step_is_trained():
    _, chunked = projected()
    chunked.fit(TARGET, LABELS, verbose=0)
    chunked.layers[-1].enable_lora(2)
    assert np.isfinite(compiled(chunked).fit(TARGET, LABELS, verbose=0).history["loss"]).all()


def test_a_penalty_on_logits_is_refused():
    with pytest.raises(ValueError, match="output projection"):
        projected(activity_regularizer=keras.regularizers.L2(0.01))


def test_models_without_an_output_projection_are_refused():
    token_ids = keras.Input((None,), dtype="int32")
    embedded = layers.PositionalEmbedding(VOCABULARY, 16, max_length=9)(token_ids)
    for outputs in (embedded, keras.layers.Dense(9, activation="relu")(embedded), keras.layers.Dense(9)(embedded)):
        with pytest.raises(ValueError, match="output projection"):
            with_chunked_loss(keras.Model(token_ids, outputs))
    with pytest.raises(ValueError, match="rows=0"):
        with_chunked_loss(keras.Model(token_ids, embedded), rows=0)
