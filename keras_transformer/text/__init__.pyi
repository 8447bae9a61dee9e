from .learn_vocabulary import learn_vocabulary
from .sentences import split_sentences
from .text_facts import TextFacts
from .tokenizer import Tokenizer
from .tokenizers import Tokenizers

__all__ = ["TextFacts", "Tokenizer", "Tokenizers", "learn_vocabulary", "split_sentences"]
