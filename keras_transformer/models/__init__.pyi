from .build_transformer import build_transformer
from .chunked_loss_model import ChunkedLossModel, with_chunked_loss
from .ensemble import Ensemble
from .guided_alignment_model import GuidedAlignmentModel, with_guided_alignment
from .layout_map import layout_map
from .structure_watch import StructureWatch
from .transformer_config import TransformerConfig
from .transformer_parts import TransformerParts, transformer_parts

__all__ = [
    "ChunkedLossModel",
    "Ensemble",
    "GuidedAlignmentModel",
    "StructureWatch",
    "TransformerConfig",
    "TransformerParts",
    "build_transformer",
    "layout_map",
    "transformer_parts",
    "with_chunked_loss",
    "with_guided_alignment",
]
