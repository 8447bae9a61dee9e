"""Masks of padding and of later positions."""

from typing import Any

import keras
import numpy as np
from keras import ops

# Keras has no public name for this function (no report of this upstream was found). Tensors of some backends cannot
# have the mask as an attribute.
from keras.src.backend import get_keras_mask

from keras_transformer.special_tokens import END_ID, PADDING_ID


@keras.saving.register_keras_serializable(package="keras_transformer")
class PaddingMask(keras.layers.Layer):
    """Computes the padding mask of token ids.

    Args:
        hides_end: whether the end token is hidden as padding is, for models that are trained without it in the source.
            Default False.

    Call arguments:
        token_ids: `(batch, length)` integers, 0 is padding.

    Returns:
        `(batch, length)` booleans, True for a real token.

    Example:

    >>> np.array(kt.layers.PaddingMask()(np.array([[7, 9, 0]])))
    array([[ True,  True, False]])
    """

    def __init__(self, hides_end: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.hides_end = hides_end

    def call(self, token_ids):
        if self.hides_end:
            return ops.logical_and(ops.not_equal(token_ids, PADDING_ID), ops.not_equal(token_ids, END_ID))
        return ops.not_equal(token_ids, PADDING_ID)

    def compute_output_shape(self, token_ids_shape):
        return token_ids_shape

    def compute_output_spec(self, token_ids):
        return keras.KerasTensor(token_ids.shape, dtype="bool")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "hides_end": self.hides_end}


def causal_mask(length):
    """Makes a mask that lets position i attend to the positions 0 to i.

    Args:
        length: number of positions, an integer or a scalar tensor.

    Returns:
        `(1, 1, length, length)` booleans, True where the query (third axis) may attend to the key (fourth
        axis).

    Reference:
        "Attention Is All You Need", section 3.2.3: leftward information flow is prevented.
    """
    positions = ops.arange(length)
    visible = ops.greater_equal(ops.expand_dims(positions, 1), ops.expand_dims(positions, 0))
    return ops.reshape(visible, (1, 1, length, length))


def key_mask(padding_mask):
    """Reshapes a padding mask `(batch, length)` for scores `(batch, heads, queries, length)`."""
    padding_mask = ops.cast(padding_mask, "bool")
    return ops.expand_dims(ops.expand_dims(padding_mask, 1), 1)


def resolve_padding_mask(sequence, padding_mask, name="padding_mask"):
    """Returns the checked padding mask of a sequence.

    Args:
        sequence: `(batch, length, width)`.
        padding_mask: `(batch, length)`, or None for the mask that a Keras layer such as `Embedding(mask_zero=True)`
            attached to its output. In a mask of numbers, each number except 0 is a real token.
        name: name of the argument in the error message.

    Returns:
        The mask, or None if the sequence has no mask.

    Raises:
        ValueError: the known dimensions of the mask differ from the rank, batch or length of the sequence.
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
    """Returns the shape as a tuple with None for each unknown dimension, or None if the rank is unknown."""
    shape = tensor.shape if hasattr(tensor, "shape") else np.shape(tensor)
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def _fits(mask_shape, sequence_shape):
    if len(mask_shape) != 2:
        return False
    (rows, columns), (batch, length) = mask_shape, sequence_shape[:2]
    # A mask of one row is used for the whole batch.
    return (rows in (1, batch) or None in (rows, batch)) and (columns == length or None in (columns, length))
