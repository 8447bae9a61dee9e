from typing import TYPE_CHECKING

from keras import ops

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_transformer.models.transformer_parts import TransformerParts


def cross_attention(parts: "TransformerParts", source_ids: "tf.Tensor", target_ids: "tf.Tensor") -> "tf.Tensor":
    """Computes the attention of each predicted token of a translation to each token of its source.

    Args:
        parts: the `TransformerParts` of the model.
        source_ids: `(batch, source_length)` int32, 0 is padding.
        target_ids: `(batch, target_length)` int32, the decoder input: the start token, then the translation without its
            last token. 0 is padding.

    Returns:
        `(num_layers, batch, num_heads, target_length, source_length)` float32. Every row sums to 1 over the source
        and the `source_prefix` of the model, whose column is not returned.

    Example:

    >>> parts = kt.models.transformer_parts(model)
    >>> attention = kt.generation.cross_attention(parts, np.array([[5, 6, 3]]), np.array([[2, 7]]))
    >>> tuple(attention.shape)
    (1, 1, 2, 2, 3)

    Reference:
        "Attention Is All You Need", section 3.2.3, "encoder-decoder attention".
    """
    encoder_sequence, padding_mask = parts.encode(source_ids)
    _, scores = parts.decode(target_ids, encoder_sequence, padding_mask)
    return ops.stack([ops.cast(scores_of_block, "float32") for scores_of_block in scores])
