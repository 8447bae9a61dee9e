"""Tests of the weights that are trained: parts of the model without the frozen ones, or low-rank updates."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.models import build_transformer, transformer_parts
from keras_transformer.models.dtype_policy import without_lora
from keras_transformer.trainer.trained_weights import select_trained_weights

BATCH = {"source_ids": np.array([[5, 6, 3]]), "target_ids": np.array([[2, 7, 8]])}
LABELS = np.array([[7, 8, 3]])


@pytest.fixture
def model(tiny_config):
    """A model with every kind of weight: an output projection of its own, an output bias and final normalisations."""
    return build_transformer(
        dataclasses.replace(
            tiny_config, normalize_first=True, share_embeddings=False, share_output=False, output_bias=True
        )
    )


def paths(variables):
    return {variable.path for variable in variables}


def fit(model):
    model.compile(keras.optimizers.Adam(0.01), SmoothedCrossEntropy(), jit_compile=False)
    model.fit(BATCH, LABELS, epochs=2, verbose=0)


def test_every_weight_belongs_to_one_part(model):
    everything = paths(model.trainable_variables)
    frozen = {}
    for part in ("encoder", "decoder", "embeddings"):
        copy = keras.models.clone_model(model)
        before = [variable.path for variable in copy.trainable_variables]
        select_trained_weights(copy, [part])
        frozen[part] = set(before) - paths(copy.trainable_variables)
    assert sum(map(len, frozen.values())) == len(everything)
    assert any("output_bias" in path for path in frozen["decoder"])
    assert any("output_projection" in path for path in frozen["decoder"])
    assert any("encoder_norm" in path for path in frozen["encoder"])
    assert len(frozen["embeddings"]) == 2


@pytest.mark.slow
def test_frozen_weights_stay_the_same_and_have_no_slots(model):
    select_trained_weights(model, ["encoder", "embeddings"])
    before = {variable.path: keras.ops.convert_to_numpy(variable) for variable in model.variables}
    trained = paths(model.trainable_variables)
    fit(model)
    # The iterations, the learning rate, and two moments for each trained weight.
    assert len(model.optimizer.variables) == 2 + 2 * len(trained)
    changed = {
        path for variable in model.weights
        if (keras.ops.convert_to_numpy(variable) != before[path := variable.path]).any()
    }  # fmt: skip
    assert changed
    assert changed <= trained


def test_low_rank_updates_begin_at_nothing_and_are_all_that_is_trained(model):
    expected = model(BATCH)
    select_trained_weights(model, ["encoder"], lora_rank=2)
    names = {variable.name for variable in model.trainable_variables}
    assert names == {"lora_kernel_a", "lora_kernel_b"}
    parts = transformer_parts(model)
    assert not parts.encoders[0].self_attention.output_dense.lora_enabled
    assert parts.decoders[1].feed_forward.output_dense.lora_enabled
    assert not parts.output_projection.lora_enabled
    np.testing.assert_array_equal(model(BATCH), expected)


@pytest.mark.slow
def test_merged_updates_give_the_same_logits_in_a_plain_model(model):
    frozen = keras.ops.convert_to_numpy(transformer_parts(model).source_embedding.embeddings)
    select_trained_weights(model, lora_rank=2)
    fit(model)
    plain = without_lora(model)
    assert len(plain.weights) == len(build_transformer(transformer_parts(model).config).weights)
    np.testing.assert_allclose(plain(BATCH), model(BATCH), atol=1e-5)
    np.testing.assert_array_equal(transformer_parts(plain).source_embedding.embeddings, frozen)


def test_a_model_without_updates_and_another_model_are_returned_unchanged(model):
    assert without_lora(model) is model
    other = keras.Sequential([keras.layers.Dense(2)])
    other.build((None, 3))
    other.layers[0].enable_lora(1)
    assert without_lora(other) is other
