"""What attention and the blocks have in common: sequences in, and one of the first's shape out."""

import keras


class SequenceLayer(keras.layers.Layer):
    """Base of layers that map a sequence `(batch, length, width)` to one of the same shape, beside which they may give
    attention scores; it has no `call` of its own. Masks of Keras are passed on.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def compute_output_shape(self, sequence_shape, other_shape=None):
        return sequence_shape

    def compute_output_spec(self, *args, **kwargs):
        # Traced, because scores may be asked for as well; Keras would take the shape above for all there is.
        return keras.Operation.compute_output_spec(self, *args, **kwargs)
