import keras
from keras import ops

from keras_transformer.layers import attention
from keras_transformer.layers.masks import causal_mask, key_mask, resolve_padding_mask
from keras_transformer.layers.multi_head_attention import MultiHeadAttention


@keras.saving.register_keras_serializable(package="keras_transformer")
class MultiHeadSelfAttention(MultiHeadAttention):
    """Multi-head attention of a sequence to itself.

    One matrix product with a kernel of shape `(hidden_dim, 3 * hidden_dim)` computes queries, keys and values. It is
    faster than three products. Glorot initialisation of the joint kernel also gives the smaller initial weights that
    deep post-norm stacks need.

    Args:
        num_heads: number of heads; it must divide the width of the input.
        dropout: dropout rate of the attention scores, at least 0 and below 1. Default 0.0.

    Call arguments:
        inputs: `(batch, length, hidden_dim)`.
        padding_mask: `(batch, length)` booleans, True for a real token, or None.
        use_causal_mask: whether later positions are masked. Default False.
        return_attention_scores: whether to return the scores as well. Default False.

    Returns:
        `(batch, length, hidden_dim)`. With `return_attention_scores`, a pair of this tensor and the scores before
        dropout `(batch, num_heads, length, length)`.

    Raises:
        ValueError: `hidden_dim` is not divisible by `num_heads`, or the shape of `padding_mask` does not match
            `inputs`.

    Example:

    >>> outputs = kt.layers.MultiHeadSelfAttention(num_heads=4)(np.zeros((2, 7, 32)))
    >>> tuple(outputs.shape)
    (2, 7, 32)

    Reference:
        "Attention Is All You Need", section 3.2.2.
    """

    def build(self, input_shape):
        width = self._checked_width(input_shape)
        self.query_key_value_dense = self._dense(3 * width, "query_key_value")
        self.output_dense = self._dense(width, "output")
        self.query_key_value_dense.build(input_shape)
        self.output_dense.build(input_shape)

    def call(self, inputs, padding_mask=None, use_causal_mask=False, return_attention_scores=False, training=None):
        padding_mask = resolve_padding_mask(inputs, padding_mask)
        mask = None if padding_mask is None else key_mask(padding_mask)
        if use_causal_mask:
            causal = causal_mask(ops.shape(inputs)[1])
            mask = causal if mask is None else ops.logical_and(mask, causal)
        query, key, value = self.project(inputs)
        outputs, scores = self._attend(query, key, value, mask, training)
        return (outputs, scores) if return_attention_scores else outputs

    def project(self, inputs: keras.KerasTensor) -> list[keras.KerasTensor]:
        """Returns queries, keys and values of `inputs`, each `(batch, num_heads, length, head_dim)`."""
        projected = ops.split(self.query_key_value_dense(inputs), 3, axis=-1)
        return [attention.split_heads(part, self.num_heads) for part in projected]
