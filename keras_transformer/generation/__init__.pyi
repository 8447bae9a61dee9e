from .cross_attention import cross_attention
from .generator import Generator
from .hypotheses import Hypotheses
from .search_settings import SearchSettings

__all__ = [
    "Generator",
    "Hypotheses",
    "SearchSettings",
    "cross_attention",
]
