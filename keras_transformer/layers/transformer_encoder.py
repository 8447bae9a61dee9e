import keras

from keras_transformer.layers.feed_forward import FeedForward
from keras_transformer.layers.masks import resolve_padding_mask
from keras_transformer.layers.multi_head_self_attention import MultiHeadSelfAttention
from keras_transformer.layers.transformer_block import TransformerBlock


@keras.saving.register_keras_serializable(package="keras_transformer")
class TransformerEncoder(TransformerBlock):
    """Encoder block: self-attention, then the feed-forward network.

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
        inputs: `(batch, length, hidden_dim)`.
        padding_mask: `(batch, length)` booleans, True for a real token, or None.
        use_causal_mask: whether later positions are masked, as in a decoder-only language model. Default False.
        return_attention_scores: whether to return the scores as well. Default False.

    Returns:
        `(batch, length, hidden_dim)`. With `return_attention_scores`, a pair of this tensor and the scores
        `(batch, num_heads, length, length)`.

    Raises:
        ValueError: `hidden_dim` is not divisible by `num_heads`, or the shape of `padding_mask` does not match
            `inputs`.

    Example:

    >>> outputs = kt.layers.TransformerEncoder(intermediate_dim=64, num_heads=4)(np.zeros((2, 7, 32)))
    >>> tuple(outputs.shape)
    (2, 7, 32)

    Reference:
        "Attention Is All You Need", section 3.1.
    """

    def build(self, input_shape):
        self.self_attention, self.self_attention_norm, self.self_attention_dropout = self._make_sublayer(
            MultiHeadSelfAttention, self.num_heads, dropout=self.attention_dropout, name="self_attention"
        )
        self.feed_forward, self.feed_forward_norm, self.feed_forward_dropout = self._make_sublayer(
            FeedForward,
            self.intermediate_dim,
            activation=self.activation,
            dropout=self.intermediate_dropout,
            name="feed_forward",
        )
        for layer in (self.self_attention, self.self_attention_norm, self.feed_forward, self.feed_forward_norm):
            layer.build(input_shape)

    def call(self, inputs, padding_mask=None, return_attention_scores=False, training=None, use_causal_mask=False):
        padding_mask = resolve_padding_mask(inputs, padding_mask)
        norm, dropout = self.self_attention_norm, self.self_attention_dropout
        attended, scores = self.self_attention(
            self.before_sublayer(inputs, norm),
            padding_mask=padding_mask,
            use_causal_mask=use_causal_mask,
            return_attention_scores=True,
            training=training,
        )
        x = self.after_sublayer(inputs, attended, norm, dropout, training)

        norm, dropout = self.feed_forward_norm, self.feed_forward_dropout
        transformed = self.feed_forward(self.before_sublayer(x, norm), training=training)
        x = self.after_sublayer(x, transformed, norm, dropout, training)
        return (x, scores) if return_attention_scores else x
