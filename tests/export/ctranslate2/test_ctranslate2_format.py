import keras
import numpy as np
import pytest
from quantized_cases import CHANGES

from keras_transformer.export.ctranslate2.ctranslate2_format import save_ctranslate2
from keras_transformer.losses import token_cross_entropy
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.special_tokens import END_ID, START_ID

ctranslate2 = pytest.importorskip("ctranslate2", reason="the extra `ctranslate2` is not installed")

SPECIAL_TOKENS = ["<pad>", "<unk>", "<s>", "</s>"]
SOURCE_TOKENS = [*SPECIAL_TOKENS, *"abcdefgh"]
TARGET_TOKENS = [*SPECIAL_TOKENS, *"uvwxyz"]


def random_model(**overrides):
    """A model with random weights only, so that missing or exchanged weights change its output."""
    config = TransformerConfig(
        vocabulary_size=len(SOURCE_TOKENS),
        num_encoder_layers=2,
        num_decoder_layers=2,
        hidden_dim=16,
        intermediate_dim=24,
        num_heads=2,
        max_length=16,
        **overrides,
    )
    model = build_transformer(config)
    random = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(random.normal(size=weight.shape, scale=0.4))
    return model


SOURCE, TARGET = [5, 9, 4, 7], [8, 4, 6]


def log_probs_of_ctranslate2(model, target_tokens, path):
    """Log-probabilities of a translation's tokens and its end."""
    save_ctranslate2(model, SOURCE_TOKENS, target_tokens, path)
    translator = ctranslate2.Translator(str(path), device="cpu", compute_type="float32")
    (found,) = translator.score_batch(
        [[SOURCE_TOKENS[token] for token in SOURCE]], [[target_tokens[token] for token in TARGET]]
    )
    return np.array(found.log_probs)


def log_probs_of(model):
    """The same log-probabilities from the Keras model."""
    inputs = {"source_ids": np.array([[*SOURCE, END_ID]]), "target_ids": np.array([[START_ID, *TARGET]])}
    return -keras.ops.convert_to_numpy(token_cross_entropy(np.array([[*TARGET, END_ID]]), model(inputs)))[0]


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"normalize_first": True},
        {"target_vocabulary_size": len(TARGET_TOKENS)},
        {"share_output": False, "share_embeddings": False},
        {"activation": "gelu"},
        {"output_bias": True},
        {"output_bias": True, "share_output": False},
    ],
    ids=str,
)
def test_ctranslate2_gives_the_same_probabilities(overrides, tmp_path):
    target_tokens = TARGET_TOKENS if "target_vocabulary_size" in overrides else SOURCE_TOKENS
    model = random_model(**overrides)
    found = log_probs_of_ctranslate2(model, target_tokens, tmp_path)
    np.testing.assert_allclose(found, log_probs_of(model), atol=1e-4)


@pytest.mark.parametrize("change", ["int8 weights", "int4", "int4 channels", "lora"])
def test_kernels_that_keras_rounded_or_updated_are_unchanged(change, tmp_path):
    model = random_model(share_output=False)
    before = log_probs_of(model)
    CHANGES[change](model)
    expected = log_probs_of(model)
    assert np.abs(expected - before).max() > 0.005
    np.testing.assert_allclose(log_probs_of_ctranslate2(model, SOURCE_TOKENS, tmp_path), expected, atol=1e-4)


def test_activations_that_keras_rounds_are_not_rounded(tmp_path):
    model = random_model()
    before = log_probs_of(model)
    CHANGES["int8"](model)
    expected = log_probs_of(model)
    difference = np.abs(log_probs_of_ctranslate2(model, SOURCE_TOKENS, tmp_path) - expected).max()
    assert 1e-4 < difference < 2 * np.abs(expected - before).max()


def test_a_vocabulary_of_another_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`target_tokens` must have the model's 12 tokens. Received: 10 tokens."):
        save_ctranslate2(random_model(), SOURCE_TOKENS, TARGET_TOKENS, tmp_path)


def test_an_activation_that_ctranslate2_lacks_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Received: activation='elu'"):
        save_ctranslate2(random_model(activation="elu"), SOURCE_TOKENS, SOURCE_TOKENS, tmp_path)
