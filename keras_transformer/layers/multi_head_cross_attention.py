import keras
from keras import ops

from keras_transformer.layers import attention
from keras_transformer.layers.masks import key_mask, resolve_padding_mask
from keras_transformer.layers.multi_head_attention import MultiHeadAttention


@keras.saving.register_keras_serializable(package="keras_transformer")
class MultiHeadCrossAttention(MultiHeadAttention):
    """Multi-head attention from the decoder's sequence to the encoder's sequence.

    Args:
        num_heads: number of heads; it must divide the width of `query`.
        dropout: dropout rate of the attention scores, at least 0 and below 1. Default 0.0.

    Call arguments:
        query: `(batch, target_length, hidden_dim)`, the sequence of the queries.
        value: `(batch, source_length, value_dim)`, the sequence of the keys and values.
        padding_mask: `(batch, source_length)` booleans, True for a real token of `value`, or None.
        return_attention_scores: whether to return the scores as well. Default False.

    Returns:
        `(batch, target_length, hidden_dim)`. With `return_attention_scores`, a pair of this tensor and the scores
        before dropout `(batch, num_heads, target_length, source_length)`.

    Raises:
        ValueError: `hidden_dim` is not divisible by `num_heads`, or the shape of `padding_mask` does not match `value`.

    Example:

    >>> outputs = kt.layers.MultiHeadCrossAttention(num_heads=4)(np.zeros((2, 5, 32)), np.zeros((2, 7, 32)))
    >>> tuple(outputs.shape)
    (2, 5, 32)

    Reference:
        "Attention Is All You Need", section 3.2.3, "encoder-decoder attention".
    """

    masked_sequences = {"padding_mask": "value"}  # noqa: RUF012 (never changed)

    def build(self, query_shape, value_shape):
        width = self._checked_width(query_shape)
        self.query_dense = self._dense(width, "query")
        self.key_value_dense = self._dense(2 * width, "key_value")
        self.output_dense = self._dense(width, "output")
        self.query_dense.build(query_shape)
        self.key_value_dense.build(value_shape)
        self.output_dense.build(query_shape)

    def call(self, query, value, padding_mask=None, return_attention_scores=False, training=None):
        padding_mask = resolve_padding_mask(value, padding_mask)
        mask = None if padding_mask is None else key_mask(padding_mask)
        outputs, scores = self._attend(self.project_query(query), *self.project_value(value), mask, training)
        return (outputs, scores) if return_attention_scores else outputs

    def project_query(self, query: keras.KerasTensor) -> keras.KerasTensor:
        """Projects `(batch, target_length, hidden_dim)` to queries `(batch, num_heads, target_length, head_dim)`."""
        return attention.split_heads(self.query_dense(query), self.num_heads)

    def project_value(self, value: keras.KerasTensor) -> list[keras.KerasTensor]:
        """Returns keys and values of the encoder's sequence, each `(batch, num_heads, source_length, head_dim)`."""
        projected = ops.split(self.key_value_dense(value), 2, axis=-1)
        return [attention.split_heads(part, self.num_heads) for part in projected]
