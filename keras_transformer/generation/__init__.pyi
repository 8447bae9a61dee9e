from .cross_attention import cross_attention
from .generator import Generator
from .hypotheses import Hypotheses
from .learn_shortlist import learn_shortlist
from .search_settings import SearchSettings
from .shortlist import Shortlist

__all__ = [
    "Generator",
    "Hypotheses",
    "SearchSettings",
    "Shortlist",
    "cross_attention",
    "learn_shortlist",
]
