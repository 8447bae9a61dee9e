from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_transformer")
class OutputBias(keras.layers.Layer):
    """Adds a bias to the logits of each token of a vocabulary.

    With it, an output projection that is the transposed embedding table can have a bias. The bias of a token that must
    not be generated can be a very low number.

    Call arguments:
        inputs: logits `(batch, length, vocabulary_size)`.

    Returns:
        Logits of the same shape.

    Example:

    >>> logits = kt.layers.OutputBias()(np.zeros((2, 7, 100)))
    >>> tuple(logits.shape)
    (2, 7, 100)
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        self.bias = self.add_weight(name="bias", shape=(input_shape[-1],), initializer="zeros")

    def call(self, inputs):
        return ops.add(inputs, ops.convert_to_tensor(self.bias))

    def compute_output_shape(self, input_shape):
        return input_shape
