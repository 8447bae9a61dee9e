"""Layers of the Transformer. Each can be used alone in a functional model."""

from keras_transformer.layers.feed_forward import FeedForward
from keras_transformer.layers.masks import PaddingMask
from keras_transformer.layers.multi_head_cross_attention import MultiHeadCrossAttention
from keras_transformer.layers.multi_head_self_attention import MultiHeadSelfAttention
from keras_transformer.layers.output_bias import OutputBias
from keras_transformer.layers.positional_embedding import PositionalEmbedding
from keras_transformer.layers.prefix_token import PrefixToken
from keras_transformer.layers.transformer_decoder import TransformerDecoder
from keras_transformer.layers.transformer_encoder import TransformerEncoder

__all__ = [
    "FeedForward",
    "MultiHeadCrossAttention",
    "MultiHeadSelfAttention",
    "OutputBias",
    "PaddingMask",
    "PositionalEmbedding",
    "PrefixToken",
    "TransformerDecoder",
    "TransformerEncoder",
]
