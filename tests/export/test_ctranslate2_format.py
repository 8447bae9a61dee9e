import keras
import numpy as np
import pytest

from keras_transformer.export.ctranslate2_format import save_ctranslate2
from keras_transformer.losses import token_cross_entropy
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.special_tokens import END_ID, START_ID

ctranslate2 = pytest.importorskip("ctranslate2", reason="the extra `ctranslate2` is not installed")

SPECIAL_TOKENS = ["<pad>", "<unk>", "<s>", "</s>"]
SOURCE_TOKENS = [*SPECIAL_TOKENS, *"abcdefgh"]
TARGET_TOKENS = [*SPECIAL_TOKENS, *"uvwxyz"]


def random_model(**overrides):
    """A model whose every weight is random, so that a weight left out or mixed up shows."""
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


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"normalize_first": True},
        {"target_vocabulary_size": len(TARGET_TOKENS)},
        {"share_output": False, "share_embeddings": False},
        {"activation": "gelu"},
    ],
    ids=str,
)
def test_ctranslate2_gives_the_same_probabilities(overrides, tmp_path):
    model = random_model(**overrides)
    target_tokens = TARGET_TOKENS if "target_vocabulary_size" in overrides else SOURCE_TOKENS
    save_ctranslate2(model, SOURCE_TOKENS, target_tokens, tmp_path)
    source, target = [5, 9, 4, 7], [8, 4, 6]
    translator = ctranslate2.Translator(str(tmp_path), device="cpu", compute_type="float32")
    (found,) = translator.score_batch(
        [[SOURCE_TOKENS[token] for token in source]], [[target_tokens[token] for token in target]]
    )
    inputs = {"source_ids": np.array([[*source, END_ID]]), "target_ids": np.array([[START_ID, *target]])}
    losses = token_cross_entropy(np.array([[*target, END_ID]]), model(inputs))
    np.testing.assert_allclose(found.log_probs, -keras.ops.convert_to_numpy(losses)[0], atol=1e-4)


def test_a_vocabulary_of_another_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`target_tokens` must have the model's 12 tokens. Received: 10 tokens."):
        save_ctranslate2(random_model(), SOURCE_TOKENS, TARGET_TOKENS, tmp_path)


def test_an_activation_that_ctranslate2_lacks_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Received: activation='elu'"):
        save_ctranslate2(random_model(activation="elu"), SOURCE_TOKENS, SOURCE_TOKENS, tmp_path)
