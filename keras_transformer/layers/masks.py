"""Masks: the one place where it is decided which positions may be seen."""

import keras
import numpy as np
from keras import ops

# Keras has no public name for it, and not every backend's tensors can hold the mask as an attribute.
from keras.src.backend import get_keras_mask

from keras_transformer.special_tokens import PADDING_ID


@keras.saving.register_keras_serializable(package="keras_transformer")
class PaddingMask(keras.layers.Layer):
    """Tells real tokens from padding.

    Call arguments:
        token_ids: `(batch, length)` integers, 0 is padding.

    Returns:
        `(batch, length)` booleans, True at a real token.

    Example:

    >>> PaddingMask()(np.array([[7, 9, 0]]))
    [[True, True, False]]
    """

    def call(self, token_ids):
        return ops.not_equal(token_ids, PADDING_ID)

    def compute_output_shape(self, token_ids_shape):
        return token_ids_shape

    def compute_output_spec(self, token_ids):
        return keras.KerasTensor(token_ids.shape, dtype="bool")


def causal_mask(length):
    """Lets position i see the positions 0 to i.

    Args:
        length: number of positions, an integer or a scalar tensor.

    Returns:
        `(1, 1, length, length)` booleans, True where the query (third axis) may see the key (fourth axis).

    Reference:
        "Attention Is All You Need", section 3.2.3: leftward information flow is prevented.
    """
    positions = ops.arange(length)
    visible = ops.greater_equal(ops.expand_dims(positions, 1), ops.expand_dims(positions, 0))
    return ops.reshape(visible, (1, 1, length, length))


def key_mask(padding_mask):
    """Shapes a padding mask `(batch, length)` for scores `(batch, heads, queries, length)`."""
    padding_mask = ops.cast(padding_mask, "bool")
    return ops.expand_dims(ops.expand_dims(padding_mask, 1), 1)


def resolve_padding_mask(sequence, padding_mask, name="padding_mask"):
    """The mask of a sequence, checked.

    Args:
        sequence: `(batch, length, width)`.
        padding_mask: `(batch, length)`, or None for the mask that a Keras layer such as `Embedding(mask_zero=True)`
            attached to its output. Numbers are taken as booleans: whatever is not 0 is a real token.
        name: name of the argument, for the message.

    Returns:
        The mask, or None where there is none.

    Raises:
        ValueError: the mask has another rank, batch or length than the sequence, as far as they are known.
    """
    if padding_mask is None:
        return get_keras_mask(sequence)
    mask_shape, sequence_shape = _known_shape(padding_mask), _known_shape(sequence)
    if mask_shape is not None and sequence_shape is not None and not _fits(mask_shape, sequence_shape):
        raise ValueError(
            f"`{name}` must have the shape (batch, length) of its sequence, {sequence_shape[:2]}. Received: a mask of "
            f"shape {mask_shape} for a sequence of shape {sequence_shape}."
        )
    return padding_mask


def _known_shape(tensor):
    """The shape as a tuple, None where a dimension is not known; None where not even the rank is."""
    shape = tensor.shape if hasattr(tensor, "shape") else np.shape(tensor)
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def _fits(mask_shape, sequence_shape):
    if len(mask_shape) != 2:
        return False
    (rows, columns), (batch, length) = mask_shape, sequence_shape[:2]
    # One row may serve the whole batch.
    return (rows in (1, batch) or None in (rows, batch)) and (columns == length or None in (columns, length))
