"""Memory, transfers and operations of a training step on a mesh, by formula."""

import dataclasses

import keras_transformer as kt
from keras_transformer.models.weight_shapes import count_weights

# Bytes of a float32.
NUMBER = 4


@dataclasses.dataclass(frozen=True)
class MeshCosts:
    """The costs of a step of `fit` for one device: float32, Adam, whole logits, one table for both languages.

    Args:
        config: the `TransformerConfig`.
        data: number of parts of a batch.
        model: number of parts of the divided weights. A step needs `data * model` devices.
        attention: whether attention is divided, see `kt.layout_map`.
        rows: number of sentence pairs of a batch.
        length: number of tokens of each source and each target.
    """

    config: kt.TransformerConfig
    data: int
    model: int
    attention: bool
    rows: int
    length: int

    @property
    def tokens(self):
        """Number of source tokens of a device, and of its target tokens."""
        return self.rows * self.length // self.data

    @property
    def table(self):
        """Numbers of the embedding table."""
        return self.config.vocabulary_size * self.config.hidden_dim

    @property
    def weights(self):
        """Weights on a device: those that are not divided, and the device's part of the others."""
        encoders, decoders, width, inner = self._sizes
        divided = self.table + (encoders + decoders) * (2 * width * inner + inner)
        if self.attention:
            divided += encoders * (4 * width**2 + 3 * width) + decoders * (8 * width**2 + 6 * width)
        return count_weights(self.config) - divided + divided // self.model

    @property
    def state_bytes(self):
        """Weights and Adam's two moments."""
        return 3 * self.weights * NUMBER

    @property
    def gradient_bytes(self):
        """The sums over the parts of the batch. The table is used three times, and each use has its own gradient."""
        return (self.weights + 2 * self.table // self.model) * NUMBER

    @property
    def activation_bytes(self):
        """Estimate: the values that the backward pass reads, if all of them exist at the same time."""
        encoders, decoders, width, inner = self._sizes
        part = self.model if self.attention else 1
        scores = self.config.num_heads * self.length / part
        encoder = 4.5 * width + (4 * width) / part + inner / self.model + scores
        decoder = 6.75 * width + (8 * width) / part + inner / self.model + 2 * scores
        logits = 2 * self.config.vocabulary_size / self.model
        return round(self.tokens * (encoders * encoder + decoders * decoder + logits) * NUMBER)

    @property
    def gradient_wire_bytes(self):
        """Bytes that a device sends for the sums of gradients, by rings."""
        return round(ring(self.data) * self.gradient_bytes)

    @property
    def activation_wire_bytes(self):
        """Bytes that a device sends for sums of activations, by rings, without the transfers of `split` of heads."""
        encoders, decoders, width, _ = self._sizes
        sums = 2 * (encoders + decoders) + 3
        if self.attention:
            sums += 2 * encoders + 5 * decoders
        return round(ring(self.model) * sums * self.tokens * width * NUMBER)

    @property
    def operations(self):
        """Operations of the matrix products: two for each product of two numbers, forward and twice backward."""
        encoders, decoders, width, inner = self._sizes
        part = self.model if self.attention else 1
        encoder = (4 * width**2 + 2 * self.length * width) / part + 2 * width * inner / self.model
        decoder = (8 * width**2 + 4 * self.length * width) / part + 2 * width * inner / self.model
        return 6 * self.tokens * (encoders * encoder + decoders * decoder + self.table / self.model)

    @property
    def _sizes(self):
        config = self.config
        return config.num_encoder_layers, config.num_decoder_layers, config.hidden_dim, config.intermediate_dim


def ring(devices):
    """The bytes that each device sends to sum an array by a ring, divided by the bytes of the array."""
    return 2 * (devices - 1) / devices
