from collections.abc import Callable
from typing import Any

import keras

from keras_transformer.layers.dropout import Dropout
from keras_transformer.layers.observation import observe


@keras.saving.register_keras_serializable(package="keras_transformer")
class FeedForward(keras.layers.Layer):
    """The position-wise feed-forward network: FFN(x) = activation(x W1 + b1) W2 + b2.

    Args:
        intermediate_dim: width between the two dense layers.
        activation: an activation name or function. Default "relu".
        dropout: dropout rate after the activation, at least 0 and below 1. Default 0.0.

    Call arguments:
        inputs: `(batch, length, hidden_dim)`.

    Returns:
        `(batch, length, hidden_dim)`.

    Example:

    >>> outputs = kt.layers.FeedForward(intermediate_dim=64)(np.zeros((2, 7, 32)))
    >>> tuple(outputs.shape)
    (2, 7, 32)

    Reference:
        "Attention Is All You Need", section 3.3, equation 2.
    """

    def __init__(self, intermediate_dim: int, activation: str | Callable = "relu", dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        if intermediate_dim < 1:
            raise ValueError(f"`intermediate_dim` must be at least 1. Received: intermediate_dim={intermediate_dim}.")
        self.supports_masking = True
        self.intermediate_dim = intermediate_dim
        self.activation = keras.activations.get(activation)
        self.dropout = dropout
        self.intermediate_dropout = Dropout(dropout, dtype=self.dtype_policy, name="intermediate_dropout")

    def build(self, input_shape):
        self.intermediate_dense = keras.layers.Dense(
            self.intermediate_dim, activation=self.activation, dtype=self.dtype_policy, name="intermediate"
        )
        self.output_dense = keras.layers.Dense(input_shape[-1], dtype=self.dtype_policy, name="output")
        self.intermediate_dense.build(input_shape)
        self.output_dense.build((*input_shape[:-1], self.intermediate_dim))

    def call(self, inputs, training=None):
        intermediate = self.intermediate_dropout(self.intermediate_dense(inputs), training=training)
        observe(intermediate=intermediate)
        return self.output_dense(intermediate)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "intermediate_dim": self.intermediate_dim,
            "activation": keras.activations.serialize(self.activation),
            "dropout": self.dropout,
        }
