"""Base class of layers that map sequences to a sequence of the shape of the first."""

import inspect

import keras

from keras_transformer.layers.masks import resolve_padding_mask


class SequenceLayer(keras.layers.Layer):
    """Base class of layers that map a sequence `(batch, length, width)` to a sequence of the same shape.

    A layer can return attention scores as well. Keras masks are passed on. The class has no `call`.

    Attributes:
        masked_sequences: a dictionary from the name of each mask of `call` to the name of its sequence.
    """

    masked_sequences = {"padding_mask": "inputs"}  # noqa: RUF012 (never changed)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def compute_output_shape(self, sequence_shape, other_shape=None):
        return sequence_shape

    def compute_output_spec(self, *args, **kwargs):
        bound = inspect.signature(self.call).bind(*args, **kwargs).arguments
        if bound.get("return_attention_scores"):
            # Traced. Keras would assume the shape of the sequence for the scores as well.
            return keras.Operation.compute_output_spec(self, *args, **kwargs)
        for mask, sequence in self.masked_sequences.items():
            resolve_padding_mask(bound[sequence], bound.get(mask), mask)
        return keras.KerasTensor(next(iter(bound.values())).shape, dtype=self.compute_dtype)
