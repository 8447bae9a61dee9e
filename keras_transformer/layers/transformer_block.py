"""Base class of the encoder block and the decoder block: residual connections and normalisation of sub-layers."""

from collections.abc import Callable
from typing import Any

import keras

from keras_transformer.errors import check_rate
from keras_transformer.layers.dropout import Dropout
from keras_transformer.layers.observation import observe
from keras_transformer.layers.sequence_layer import SequenceLayer


class TransformerBlock(SequenceLayer):
    """Base class of `TransformerEncoder` and `TransformerDecoder`. It has no `call`.

    Every sub-layer is wrapped as LayerNorm(x + Dropout(sublayer(x))) (post-norm, as in the paper). With
    `normalize_first` it is wrapped as x + Dropout(sublayer(LayerNorm(x))) (pre-norm).

    Args:
        intermediate_dim: inner width of the feed-forward network.
        num_heads: number of attention heads; it must divide the width of the input.
        dropout: dropout rate of every sub-layer's output. Default 0.0.
        normalize_first: whether to normalise a sub-layer's input instead of the residual sum. Default False.
        activation: activation of the feed-forward network. Default "relu".
        attention_dropout: dropout rate of the attention scores. Default 0.0.
        intermediate_dropout: dropout rate inside the feed-forward network. Default 0.0.
        layer_norm_epsilon: number added to the variance in layer normalisation. Default 1e-5.

    Raises:
        ValueError: `intermediate_dim` or `num_heads` is below 1, or a rate is out of range.
    """

    def __init__(
        self,
        intermediate_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        normalize_first: bool = False,
        activation: str | Callable = "relu",
        attention_dropout: float = 0.0,
        intermediate_dropout: float = 0.0,
        layer_norm_epsilon: float = 1e-5,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        for name, number in [("intermediate_dim", intermediate_dim), ("num_heads", num_heads)]:
            if number < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={number}.")
        for name, rate in [
            ("dropout", dropout),
            ("attention_dropout", attention_dropout),
            ("intermediate_dropout", intermediate_dropout),
        ]:
            check_rate(name, rate)
        self.intermediate_dim = intermediate_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.normalize_first = normalize_first
        self.activation = keras.activations.get(activation)
        self.attention_dropout = attention_dropout
        self.intermediate_dropout = intermediate_dropout
        self.layer_norm_epsilon = layer_norm_epsilon

    def _make_sublayer(self, layer_class, *args, name, **kwargs):
        """Makes a sub-layer with its layer normalisation and dropout."""
        sublayer = layer_class(*args, dtype=self.dtype_policy, name=name, **kwargs)
        norm = keras.layers.LayerNormalization(
            epsilon=self.layer_norm_epsilon, dtype=self.dtype_policy, name=f"{name}_norm"
        )
        dropout = Dropout(self.dropout, dtype=self.dtype_policy, name=f"{name}_dropout")
        return sublayer, norm, dropout

    def before_sublayer(self, inputs: keras.KerasTensor, norm: keras.layers.Layer) -> keras.KerasTensor:
        """Returns the input of the sub-layer: `inputs`, normalised in a pre-norm block."""
        sublayer_inputs = norm(inputs) if self.normalize_first else inputs
        observe(residual=inputs, sublayer_inputs=sublayer_inputs)
        return sublayer_inputs

    def after_sublayer(
        self,
        inputs: keras.KerasTensor,
        outputs: keras.KerasTensor,
        norm: keras.layers.Layer,
        dropout: keras.layers.Layer,
        training: bool | None = None,
    ) -> keras.KerasTensor:
        """Returns the residual sum of `inputs` and the sub-layer's `outputs`, normalised in a post-norm block."""
        total = inputs + dropout(outputs, training=training)
        result = total if self.normalize_first else norm(total)
        observe(sublayer_outputs=outputs, total=total, result=result)
        return result

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "intermediate_dim": self.intermediate_dim,
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "normalize_first": self.normalize_first,
            "activation": keras.activations.serialize(self.activation),
            "attention_dropout": self.attention_dropout,
            "intermediate_dropout": self.intermediate_dropout,
            "layer_norm_epsilon": self.layer_norm_epsilon,
        }
