from collections.abc import Callable
from typing import Any

import keras

from keras_transformer.layers.feed_forward import FeedForward
from keras_transformer.layers.masks import resolve_padding_mask
from keras_transformer.layers.multi_head_cross_attention import MultiHeadCrossAttention
from keras_transformer.layers.multi_head_self_attention import MultiHeadSelfAttention
from keras_transformer.layers.transformer_block import TransformerBlock


@keras.saving.register_keras_serializable(package="keras_transformer")
class TransformerDecoder(TransformerBlock):
    """Decoder block: causal self-attention, attention to the encoder's output, and the feed-forward network.

    The width is that of the input. A stack of pre-norm blocks needs a final `LayerNormalization`.

    Args:
        intermediate_dim: inner width of the feed-forward network.
        num_heads: number of attention heads; it must divide the width of the input.
        dropout: dropout rate of every sub-layer's output. Default 0.0.
        normalize_first: False (default) for post-norm, as in the paper; True for pre-norm.
        activation: activation of the feed-forward network. Default "relu".
        attention_dropout: dropout rate of the attention scores. Default 0.0.
        intermediate_dropout: dropout rate inside the feed-forward network. Default 0.0.
        layer_norm_epsilon: number added to the variance in layer normalisation. Default 1e-5.

    Call arguments:
        decoder_sequence: `(batch, target_length, hidden_dim)`.
        encoder_sequence: `(batch, source_length, encoder_dim)`.
        decoder_padding_mask: `(batch, target_length)` booleans, True for a real token, or None.
        encoder_padding_mask: `(batch, source_length)` booleans, True for a real token, or None.
        return_attention_scores: whether to return the scores as well. Default False.

    Returns:
        `(batch, target_length, hidden_dim)`. With `return_attention_scores`, a triple of this tensor, the scores of
        self-attention `(batch, num_heads, target_length, target_length)` and the scores of cross-attention
        `(batch, num_heads, target_length, source_length)`.

    Raises:
        ValueError: `hidden_dim` is not divisible by `num_heads`, or the shape of a mask does not match its sequence.

    Example:

    >>> decoder = kt.layers.TransformerDecoder(intermediate_dim=64, num_heads=4)
    >>> outputs = decoder(np.zeros((2, 5, 32)), np.zeros((2, 7, 32)))
    >>> tuple(outputs.shape)
    (2, 5, 32)

    Reference:
        "Attention Is All You Need", section 3.1.
    """

    masked_sequences = {  # noqa: RUF012 (never changed)
        "decoder_padding_mask": "decoder_sequence",
        "encoder_padding_mask": "encoder_sequence",
    }

    def build(self, decoder_sequence_shape, encoder_sequence_shape):
        self.self_attention, self.self_attention_norm, self.self_attention_dropout = self._make_sublayer(
            MultiHeadSelfAttention, self.num_heads, dropout=self.attention_dropout, name="self_attention"
        )
        self.cross_attention, self.cross_attention_norm, self.cross_attention_dropout = self._make_sublayer(
            MultiHeadCrossAttention, self.num_heads, dropout=self.attention_dropout, name="cross_attention"
        )
        self.feed_forward, self.feed_forward_norm, self.feed_forward_dropout = self._make_sublayer(
            FeedForward,
            self.intermediate_dim,
            activation=self.activation,
            dropout=self.intermediate_dropout,
            name="feed_forward",
        )
        self.self_attention.build(decoder_sequence_shape)
        self.cross_attention.build(decoder_sequence_shape, encoder_sequence_shape)
        self.feed_forward.build(decoder_sequence_shape)
        for norm in (self.self_attention_norm, self.cross_attention_norm, self.feed_forward_norm):
            norm.build(decoder_sequence_shape)

    def call(
        self,
        decoder_sequence,
        encoder_sequence,
        decoder_padding_mask=None,
        encoder_padding_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        decoder_padding_mask = resolve_padding_mask(decoder_sequence, decoder_padding_mask, "decoder_padding_mask")
        encoder_padding_mask = resolve_padding_mask(encoder_sequence, encoder_padding_mask, "encoder_padding_mask")

        def attend_to_self(inputs):
            return self.self_attention(
                inputs,
                padding_mask=decoder_padding_mask,
                use_causal_mask=True,
                return_attention_scores=True,
                training=training,
            )

        def attend_to_encoder(inputs):
            return self.cross_attention(
                inputs,
                encoder_sequence,
                padding_mask=encoder_padding_mask,
                return_attention_scores=True,
                training=training,
            )

        outputs, self_scores, cross_scores = self.connect(decoder_sequence, attend_to_self, attend_to_encoder, training)
        return (outputs, self_scores, cross_scores) if return_attention_scores else outputs

    def connect(
        self,
        inputs: keras.KerasTensor,
        attend_to_self: Callable,
        attend_to_encoder: Callable,
        training: bool | None = None,
    ) -> tuple[keras.KerasTensor, Any, Any]:
        """Runs the block with two attention functions, each from inputs to outputs and scores.

        `call` passes the attention layers. Decoding with a cache passes functions that read the cache.
        """
        norm, dropout = self.self_attention_norm, self.self_attention_dropout
        attended, self_scores = attend_to_self(self.before_sublayer(inputs, norm))
        x = self.after_sublayer(inputs, attended, norm, dropout, training)

        norm, dropout = self.cross_attention_norm, self.cross_attention_dropout
        attended, cross_scores = attend_to_encoder(self.before_sublayer(x, norm))
        x = self.after_sublayer(x, attended, norm, dropout, training)

        norm, dropout = self.feed_forward_norm, self.feed_forward_dropout
        transformed = self.feed_forward(self.before_sublayer(x, norm), training=training)
        x = self.after_sublayer(x, transformed, norm, dropout, training)
        return x, self_scores, cross_scores
