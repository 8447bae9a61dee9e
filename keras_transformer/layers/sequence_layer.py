"""Base class of layers that map sequences to a sequence of the shape of the first."""

import keras


class SequenceLayer(keras.layers.Layer):
    """Base class of layers that map a sequence `(batch, length, width)` to a sequence of the same shape.

    A layer can return attention scores as well. Keras masks are passed on. The class has no `call`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def compute_output_shape(self, sequence_shape, other_shape=None):
        return sequence_shape

    def compute_output_spec(self, *args, **kwargs):
        # Traced, because a layer can also return scores. Keras would assume the shape above for all outputs.
        return keras.Operation.compute_output_spec(self, *args, **kwargs)
