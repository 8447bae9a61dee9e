import dataclasses

import numpy as np
import tensorflow as tf

from keras_transformer.text.blank import BLANK_PATTERN
from keras_transformer.text.glossary import Glossary
from keras_transformer.text.placeholders import Placeholders
from keras_transformer.text.tagged_tokenizer import split_tags

_FINAL = r"\s*[.!?。！？]+$"
# Places of an inserted symbol: the beginning, the end, and before the final punctuation.
_NUM_PLACES = 3


@dataclasses.dataclass(frozen=True)
class TextPreparation:
    """Replaces parts of training pairs by symbols, and adds examples of symbols, drawn anew each epoch.

    Args:
        placeholders: the `Placeholders` of the vocabulary.
        rate: fraction of the pairs that get a random symbol on both sides, in the same place. The model learns to copy
            symbols that the text does not have. Default 0.0.
        glossary: a `Glossary`, whose terms are replaced in pairs that have both sides of a term. It needs this Python
            process. Default None.
        glossary_rate: fraction of these terms that are replaced. Default 0.5.
    """

    placeholders: Placeholders
    rate: float = 0.0
    glossary: Glossary | None = None
    glossary_rate: float = 0.5

    def prepare(self, sources, targets, seed=None):
        """Returns the prepared texts of both sides, inside or outside of a graph.

        Args:
            sources, targets: `(pairs,)` strings. Sources can begin with the tag of a language.
            seed: scalar int64. None disables everything that is random.
        """
        sources, targets = self.placeholders.mask_pairs(sources, targets)
        if seed is None:
            return sources, targets
        if self.glossary is not None:
            shape = sources.shape
            sources, targets = tf.numpy_function(
                self._with_terms, (sources, targets, seed), (tf.string, tf.string), stateful=False
            )
            sources, targets = (tf.ensure_shape(side, shape) for side in (sources, targets))
        return self._with_examples(sources, targets, seed) if self.rate else (sources, targets)

    def _with_terms(self, sources, targets, seed):
        texts = [[text.decode("utf-8", errors="replace") for text in side] for side in (sources, targets)]
        random = np.random.default_rng(abs(int(seed)))
        masked = self.glossary.mask_pairs(*texts, self.placeholders, self.glossary_rate, random)
        return tuple(np.array([text.encode("utf-8") for text in side], object) for side in masked)

    def _with_examples(self, sources, targets, seed):
        count = tf.shape(sources)[0]
        is_blank = [tf.strings.regex_full_match(side, BLANK_PATTERN) for side in (sources, targets)]
        is_changed = tf.random.stateless_uniform([count], [4, seed]) < self.rate
        is_changed = is_changed & ~is_blank[0] & ~is_blank[1]
        symbols = self.placeholders.symbols
        number = tf.random.stateless_uniform([count], [5, seed], maxval=len(symbols), dtype=tf.int32)
        symbol = tf.gather(tf.constant(symbols), number)
        place = tf.random.stateless_uniform([count], [6, seed], maxval=_NUM_PLACES, dtype=tf.int32)
        tags, rest = split_tags(sources)
        # Blank after its tag.
        is_changed = is_changed & ~tf.strings.regex_full_match(rest, BLANK_PATTERN)
        changed = tf.strings.join([tags, _with_symbol(rest, symbol, place)]), _with_symbol(targets, symbol, place)
        return [tf.where(is_changed, new, old) for new, old in zip(changed, (sources, targets), strict=True)]


def _with_symbol(texts, symbol, place):
    beginning = tf.strings.regex_replace(texts, _FINAL, "", replace_global=False)
    start, length = tf.strings.length(beginning), tf.strings.length(texts)
    final = tf.strings.substr(texts, start, length - start)
    return tf.where(
        tf.equal(place, 0),
        tf.strings.join([symbol, " ", texts]),
        tf.where(
            tf.equal(place, 1),
            tf.strings.join([texts, " ", symbol]),
            tf.strings.join([beginning, " ", symbol, final]),
        ),
    )
