"""The model: its config and the functional `keras.Model` built from it."""

from keras_transformer.models.build_transformer import build_transformer
from keras_transformer.models.chunked_loss_model import ChunkedLossModel, with_chunked_loss
from keras_transformer.models.ensemble import Ensemble
from keras_transformer.models.layout_map import layout_map
from keras_transformer.models.structure_watch import StructureWatch
from keras_transformer.models.transformer_config import TransformerConfig
from keras_transformer.models.transformer_parts import TransformerParts, transformer_parts

__all__ = [
    "ChunkedLossModel",
    "Ensemble",
    "StructureWatch",
    "TransformerConfig",
    "TransformerParts",
    "build_transformer",
    "layout_map",
    "transformer_parts",
    "with_chunked_loss",
]
