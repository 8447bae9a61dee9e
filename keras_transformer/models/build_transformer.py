from typing import TYPE_CHECKING

import keras

from keras_transformer.layers import (
    OutputBias,
    PaddingMask,
    PositionalEmbedding,
    PrefixToken,
    TransformerDecoder,
    TransformerEncoder,
)
from keras_transformer.onednn import warn_without_onednn

if TYPE_CHECKING:
    from keras_transformer.models.transformer_config import TransformerConfig


def build_transformer(config: "TransformerConfig") -> keras.Model:
    """Builds the encoder-decoder Transformer as a functional `keras.Model`.

    The target input is shifted by one ("teacher forcing"): `target_ids` begins with the start token, and the logits at
    a position predict the next token.

    Args:
        config: a `TransformerConfig`.

    Returns:
        A functional `keras.Model` from `{"source_ids": (batch, source_length), "target_ids": (batch, target_length)}`,
        int32, 0 is padding, to logits `(batch, target_length, target_vocabulary_size)`, float32.

    Warns:
        UserWarning: TensorFlow runs without oneDNN on this processor; see `keras_transformer.use_onednn`.

    Example:

    >>> config = kt.TransformerConfig.from_preset("tiny", vocabulary_size=8000)
    >>> model = kt.build_transformer(config)
    >>> logits = model({"source_ids": np.array([[5, 6, 3]]), "target_ids": np.array([[2, 7]])})
    >>> tuple(logits.shape)
    (1, 2, 8000)

    Reference:
        "Attention Is All You Need", figure 1.
    """
    warn_without_onednn()
    source_ids = keras.Input((None,), dtype="int32", name="source_ids")
    target_ids = keras.Input((None,), dtype="int32", name="target_ids")
    source_embedding, target_embedding = _embeddings(config)

    source, target = source_ids, target_ids
    if config.source_prefix is not None:
        source = PrefixToken(config.source_prefix, name="source_prefix")(source)
    if config.target_prefix is not None:
        target = PrefixToken(config.target_prefix, position=1, name="target_prefix")(target)

    source_padding_mask = PaddingMask(not config.source_end, name="source_padding_mask")(source)
    x = source_embedding(source)
    for number in range(1, config.num_encoder_layers + 1):
        x = TransformerEncoder(**_block_arguments(config), name=f"encoder_{number}")(
            x, padding_mask=source_padding_mask
        )
    encoder_sequence = _final_norm(config, "encoder_norm")(x) if config.normalize_first else x

    x = target_embedding(target)
    for number in range(1, config.num_decoder_layers + 1):
        # Targets are padded at their end, where the causal mask already covers the padding.
        x = TransformerDecoder(**_block_arguments(config), name=f"decoder_{number}")(
            x, encoder_sequence, encoder_padding_mask=source_padding_mask
        )
    x = _final_norm(config, "decoder_norm")(x) if config.normalize_first else x
    if config.target_prefix is not None:
        x = keras.layers.Cropping1D((1, 0), name="without_start")(x)  # The output at the start token is the prefix.

    if config.share_output:
        x = target_embedding(x, reverse=True)
    else:
        x = keras.layers.Dense(config.target_vocabulary_size, use_bias=False, name="output_projection")(x)
    # In mixed precision the softmax over a vocabulary needs float32.
    if config.output_bias:
        x = OutputBias(dtype="float32", name="output_bias")(x)
    logits = keras.layers.Activation("linear", dtype="float32", name="logits")(x)
    return keras.Model({"source_ids": source_ids, "target_ids": target_ids}, logits, name="transformer")


def _embeddings(config):
    """Returns the source's and the target's embedding, the same layer if they are shared."""

    def embedding(vocabulary_size, name):
        return PositionalEmbedding(
            vocabulary_size,
            config.hidden_dim,
            config.num_positions,
            dropout=config.dropout,
            first_position=config.first_position,
            position_frequencies=config.position_frequencies,
            name=name,
        )

    if config.share_embeddings:
        return (embedding(config.vocabulary_size, "embedding"),) * 2
    source_embedding = embedding(config.vocabulary_size, "source_embedding")
    return source_embedding, embedding(config.target_vocabulary_size, "target_embedding")


def _block_arguments(config):
    return {
        "intermediate_dim": config.intermediate_dim,
        "num_heads": config.num_heads,
        "dropout": config.dropout,
        "normalize_first": config.normalize_first,
        "activation": config.activation,
        "attention_dropout": config.attention_dropout,
        "intermediate_dropout": config.intermediate_dropout,
        "layer_norm_epsilon": config.layer_norm_epsilon,
    }


def _final_norm(config, name):
    return keras.layers.LayerNormalization(epsilon=config.layer_norm_epsilon, name=name)
