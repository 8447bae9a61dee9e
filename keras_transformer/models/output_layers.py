"""The last layers of a functional model: the output projection, and the layers after it."""

import dataclasses

import keras
from keras import ops

from keras_transformer.layers import OutputBias, PositionalEmbedding


@dataclasses.dataclass(frozen=True, eq=False)
class OutputLayers:
    """The layers that map hidden states to logits.

    Args:
        hidden_model: a model of the same layers from the inputs to the hidden states.
        projection: the `PositionalEmbedding` whose table is the output projection, or a `Dense` layer.
        bias: the `OutputBias` after it, or None.
    """

    hidden_model: keras.Model
    projection: keras.layers.Layer
    bias: OutputBias | None

    @property
    def is_trainable(self):
        """Whether the weight of the projection is trained."""
        return self._weight.trainable

    @property
    def is_plain(self):
        """Whether the projection is still a product with its weight alone, without LoRA or quantisation."""
        return self._is_embedding or _has_plain_kernel(self.projection)

    @property
    def vocabulary_size(self):
        return self._weight.shape[0 if self._is_embedding else -1]

    def table(self):
        """Returns the output projection `(vocabulary_size, hidden_dim)`, a tensor in the dtype of the computation."""
        weight = ops.cast(ops.convert_to_tensor(self._weight), self.projection.compute_dtype)
        return weight if self._is_embedding else ops.transpose(weight)

    def bias_vector(self):
        """Returns the bias `(vocabulary_size,)` in float32, a tensor, or None if the logits have no bias."""
        if self.bias is None:
            return None
        # A call of the layer, because the precision of a variable depends on the layer that reads it.
        return ops.reshape(self.bias(ops.zeros((1, 1, self.vocabulary_size), "float32")), (-1,))

    @property
    def _is_embedding(self):
        return isinstance(self.projection, PositionalEmbedding)

    @property
    def _weight(self):
        return self.projection.embeddings if self._is_embedding else self.projection.kernel


def find_output_layers(model: keras.Model) -> OutputLayers | None:
    """Finds the output projection at the end of a functional model.

    The model must have one output: logits of a `PositionalEmbedding` called with `reverse=True`, or of a linear `Dense`
    layer without a bias, maybe followed by an `OutputBias` and by linear `Activation` layers.

    Args:
        model: a functional `keras.Model`.

    Returns:
        `OutputLayers`, or None if the model ends with other layers.
    """
    tensor, bias = getattr(model, "output", None), None
    while isinstance(tensor, keras.KerasTensor):
        layer, node_index, _ = tensor._keras_history
        node = layer._inbound_nodes[node_index]
        if getattr(layer, "activity_regularizer", None) is not None:
            return None  # Its loss needs the call of the layer.
        if _is_projection(layer, node):
            # The model itself can have another policy, if it was made after its layers.
            if layer.compute_dtype != keras.backend.standardize_dtype(node.input_tensors[0].dtype):
                return None
            return OutputLayers(keras.Model(model.input, node.input_tensors[0], name=model.name), layer, bias)
        if type(layer) is OutputBias and bias is None and layer.compute_dtype == "float32":
            bias = layer
        elif type(layer) is not keras.layers.Activation or layer.activation is not keras.activations.linear:
            return None
        tensor = node.input_tensors[0]
    return None


def _is_projection(layer, node):
    if type(layer) is PositionalEmbedding:
        return bool(node.arguments.kwargs.get("reverse"))
    return (
        type(layer) is keras.layers.Dense
        and layer.activation is keras.activations.linear
        and not layer.use_bias
        and _has_plain_kernel(layer)
    )


def _has_plain_kernel(layer):
    return layer.quantization_mode is None and not layer.lora_enabled
