"""A translator uses the weights that its model has now."""

import operator

import keras
import numpy as np
import pytest

from keras_transformer.models import build_transformer
from keras_transformer.translator import Translator


def scale_weights(model):
    model.set_weights([1.1 * weight for weight in model.get_weights()])


def use_lora(model):
    dense = model.get_layer("decoder_1").self_attention.query_key_value_dense
    dense.enable_lora(2, lora_alpha=4)
    dense.lora_kernel_b.assign(np.full(dense.lora_kernel_b.shape, 0.1))


def quantize(model):
    model.quantize("int8", filters=lambda layer: isinstance(layer, keras.layers.Dense))


def set_policy_of_decoder(model):
    for layer in model.get_layer("decoder_1")._flatten_layers():
        if layer.quantization_mode is None:
            layer.dtype_policy = "mixed_bfloat16"


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [[use_lora], pytest.param([scale_weights, use_lora, quantize, set_policy_of_decoder], marks=pytest.mark.slow)],
    ids=["LoRA", "everything"],
)
def test_a_translator_that_has_translated_follows_changes_of_its_model(translator, tokenizer, changes):
    model = build_transformer(translator.config)
    model.set_weights(translator.model.get_weights())

    def scores_of(translator):
        _, scores = translator.translate(["one two three", "six"], beam_size=1, return_scores=True)
        return scores + translator.score([("one two", "eins zwei"), ("ten", "drei sechs")])

    old = Translator(model, tokenizer)
    before = scores_of(old)
    for change in changes:
        change(model)
        after = scores_of(old)
        assert after == scores_of(Translator(model, tokenizer)), change
        assert all(map(operator.ne, after, before)), change
        before = after
