"""Base class of self-attention and cross-attention."""

from typing import Any

import keras

from keras_transformer.layers import attention
from keras_transformer.layers.dropout import Dropout
from keras_transformer.layers.observation import observe
from keras_transformer.layers.sequence_layer import SequenceLayer


class MultiHeadAttention(SequenceLayer):
    """Base class of `MultiHeadSelfAttention` and `MultiHeadCrossAttention`. It has no `call`.

    Args:
        num_heads: number of heads; it must divide the width of the input.
        dropout: dropout rate of the attention scores, at least 0 and below 1. Default 0.0.
    """

    def __init__(self, num_heads: int, dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        if num_heads < 1:
            raise ValueError(f"`num_heads` must be at least 1. Received: num_heads={num_heads}.")
        self.num_heads = num_heads
        self.dropout = dropout
        self.score_dropout = Dropout(dropout, dtype=self.dtype_policy, name="score_dropout")

    def _dense(self, units, name):
        return keras.layers.Dense(units, dtype=self.dtype_policy, name=name)

    def _checked_width(self, input_shape):
        """Returns the width of the input. It must be divisible by the number of heads."""
        width = input_shape[-1]
        if width is None or width % self.num_heads:
            raise ValueError(
                "The width of the input (`hidden_dim`) must be divisible by `num_heads`. "
                f"Received: hidden_dim={width}, num_heads={self.num_heads}."
            )
        return width

    def _attend(self, query, key, value, mask, training):
        """Applies attention to `(batch, num_heads, length, head_dim)`, then W^O. Also returns scores before dropout."""
        observe(query=query, key=key, value=value)
        scores = attention.attention_scores(query, key, mask)
        mixed = attention.attend(self.score_dropout(scores, training=training), value)
        observe(scores=scores, mixed=mixed)
        return self.output_dense(mixed), scores

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_heads": self.num_heads, "dropout": self.dropout}
