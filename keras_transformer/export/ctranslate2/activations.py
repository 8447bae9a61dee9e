"""Activations of CTranslate2. The module imports neither Keras nor CTranslate2."""

from keras_transformer.errors import InputError

# Keras's name of an activation: CTranslate2's name of it.
ACTIVATIONS = {
    "relu": "RELU",
    "gelu": "GELU",
    "silu": "SWISH",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
}


def check_activation(config):
    """Raises an InputError if CTranslate2 does not have the activation of a `TransformerConfig`."""
    if config.activation not in ACTIVATIONS:
        raise InputError(
            f"CTranslate2 has the activations {', '.join(ACTIVATIONS)}. Received: activation={config.activation!r}."
        )
