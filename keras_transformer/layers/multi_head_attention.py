"""What self-attention and cross-attention have in common."""

import keras

from keras_transformer.layers import attention
from keras_transformer.layers.dropout import Dropout
from keras_transformer.layers.sequence_layer import SequenceLayer


class MultiHeadAttention(SequenceLayer):
    """Base of `MultiHeadSelfAttention` and `MultiHeadCrossAttention`; it has no `call` of its own.

    Args:
        num_heads: number of heads; it must divide the width of the input.
        dropout: rate of the dropout on the attention scores, from 0 up to (not including) 1. Default 0.0.
    """

    def __init__(self, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        if num_heads < 1:
            raise ValueError(f"`num_heads` must be at least 1. Received: num_heads={num_heads}.")
        self.num_heads = num_heads
        self.dropout = dropout
        self.score_dropout = Dropout(dropout, dtype=self.dtype_policy, name="score_dropout")

    def _dense(self, units, name):
        return keras.layers.Dense(units, dtype=self.dtype_policy, name=name)

    def _checked_width(self, input_shape):
        """The width of the input, which the heads must divide evenly."""
        width = input_shape[-1]
        if width is None or width % self.num_heads:
            raise ValueError(
                "The width of the input (`hidden_dim`) must be divisible by `num_heads`. "
                f"Received: hidden_dim={width}, num_heads={self.num_heads}."
            )
        return width

    def _attend(self, query, key, value, mask, training):
        """Attention over `(batch, num_heads, length, head_dim)`, then W^O; also the scores before dropout."""
        scores = attention.attention_scores(query, key, mask)
        mixed = attention.attend(self.score_dropout(scores, training=training), value)
        return self.output_dense(mixed), scores

    def get_config(self):
        return {**super().get_config(), "num_heads": self.num_heads, "dropout": self.dropout}
