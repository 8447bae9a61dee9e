import keras
import pytest

from keras_transformer.layers import TransformerDecoder, TransformerEncoder
from keras_transformer.models import TransformerConfig, build_transformer, transformer_parts

SMALL = {
    "vocabulary_size": 20,
    "num_encoder_layers": 1,
    "num_decoder_layers": 2,
    "hidden_dim": 8,
    "intermediate_dim": 12,
    "num_heads": 2,
}


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"normalize_first": True, "dropout": 0.3, "attention_dropout": 0.2, "intermediate_dropout": 0.05},
        {"share_embeddings": False, "max_length": 17},
        {"share_output": False, "activation": "gelu", "layer_norm_epsilon": 1e-6},
        {"target_vocabulary_size": 30, "num_encoder_layers": 3, "num_heads": 4},
        {"output_bias": True},
        {"source_prefix": 5, "target_prefix": 0, "position_frequencies": "tensor2tensor", "max_length": 17},
        {"target_prefix": 6, "first_position": 2},
        {"source_end": False},
    ],
    ids=[
        *("post_norm", "pre_norm", "unshared_embeddings", "untied_output", "two_vocabularies", "output_bias"),
        *("prefixes", "target_prefix", "source_end"),
    ],
)
def test_the_config_is_recovered(overrides):
    config = TransformerConfig(**{**SMALL, **overrides})
    assert transformer_parts(build_transformer(config)).config == config


def test_the_parts_of_a_pre_norm_model_are_found():
    model = build_transformer(TransformerConfig(**SMALL, normalize_first=True))
    parts = transformer_parts(model)
    assert parts.source_embedding is parts.target_embedding is model.get_layer("embedding")
    assert [type(block) for block in parts.encoders] == [TransformerEncoder]
    assert [type(block) for block in parts.decoders] == [TransformerDecoder] * 2
    assert parts.encoder_norm is model.get_layer("encoder_norm")
    assert parts.decoder_norm is model.get_layer("decoder_norm")
    assert parts.output_projection is None
    assert parts.output_bias is None


def test_the_parts_of_a_post_norm_model_with_separate_weights_are_found():
    model = build_transformer(TransformerConfig(**SMALL, share_embeddings=False, share_output=False))
    parts = transformer_parts(model)
    assert parts.source_embedding is model.get_layer("source_embedding")
    assert parts.target_embedding is model.get_layer("target_embedding")
    assert parts.encoder_norm is None
    assert parts.decoder_norm is None
    assert parts.output_projection is model.get_layer("output_projection")


def test_a_saved_and_loaded_model_gives_the_same_config(tmp_path):
    config = TransformerConfig(**SMALL, normalize_first=True, share_output=False, dropout=0.2)
    build_transformer(config).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert transformer_parts(loaded).config == config


def test_a_model_of_another_kind_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name="regression")
    with pytest.raises(ValueError, match="Expected a model of `build_transformer`.*Received: a Sequential named 'reg"):
        transformer_parts(model)
