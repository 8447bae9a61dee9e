from .perplexity import Perplexity
from .text_scores import corpus_scores
from .token_accuracy import TokenAccuracy

__all__ = [
    "Perplexity",
    "TokenAccuracy",
    "corpus_scores",
]
