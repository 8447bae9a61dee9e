"""The size of a model and of its batches, and the terms of the time of a step."""

import dataclasses

from mesh_costs import NUMBER, MeshCosts, ring

import keras_transformer as kt


@dataclasses.dataclass(frozen=True)
class Size:
    """A model with shared embeddings, and the rows of a batch of all processes.

    Args:
        hidden_dim: width of the model.
        intermediate_dim: width of the feed-forward networks.
        vocabulary_size: number of tokens.
        layers: number of encoder blocks, and of decoder blocks.
        rows: number of sentence pairs of a batch.
        length: number of tokens of each source and each target.
        num_heads: number of attention heads.
    """

    hidden_dim: int
    intermediate_dim: int
    vocabulary_size: int
    layers: int = 1
    rows: int = 64
    length: int = 16
    num_heads: int = 4

    @property
    def config(self):
        """The `TransformerConfig`, without dropout."""
        return kt.TransformerConfig(
            vocabulary_size=self.vocabulary_size,
            hidden_dim=self.hidden_dim,
            intermediate_dim=self.intermediate_dim,
            num_encoder_layers=self.layers,
            num_decoder_layers=self.layers,
            num_heads=self.num_heads,
            max_length=self.length,
            dropout=0.0,
        )

    def costs(self, processes):
        """The `MeshCosts` of one of some processes."""
        return MeshCosts(self.config, processes, 1, False, self.rows, self.length)

    def terms(self, processes):
        """The numbers that the coefficients of the model multiply, by name."""
        costs = self.costs(processes)
        return {
            "fixed": 1.0,
            "operations": costs.operations,
            "values": costs.activation_bytes / NUMBER,
            "weights": float(costs.weights),
            "exchange": float(processes > 1),
            "sent": ring(processes) * costs.gradient_bytes,
        }
