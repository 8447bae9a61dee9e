from .glossary import Glossary
from .learn_vocabulary import learn_vocabulary
from .placeholder_counts import PlaceholderCounts
from .sentences import split_sentences
from .text_facts import TextFacts
from .tokenizer import Tokenizer
from .tokenizers import Tokenizers

__all__ = [
    "Glossary",
    "PlaceholderCounts",
    "TextFacts",
    "Tokenizer",
    "Tokenizers",
    "learn_vocabulary",
    "split_sentences",
]
