"""Masks the texts of a `Translator` before tokenization, and restores its translations."""

import tensorflow as tf

from keras_transformer.text.glossary import check_terms


class Masking:
    """The masked texts of a call, and their restored translations.

    Args:
        tokenizers: the `Tokenizers`.
        texts: a list of strings.
        glossary: a `Glossary`, or None.
        copies: whether texts without words are copied, see `Placeholders.mask`. Default True.

    Attributes:
        texts: the masked texts, a list of strings.

    Raises:
        InputError: there is a glossary, but the vocabulary has no symbols for terms.
    """

    def __init__(self, tokenizers, texts, glossary=None, copies=True):
        self.texts = texts
        self._placeholders = tokenizers.placeholders
        self._masked = None
        if glossary is not None:
            check_terms(tokenizers.placeholder_kinds)
        if self._placeholders is None or not texts:
            return
        self._masked = self._placeholders.mask(tf.constant(texts), copies)
        if glossary is not None:
            self._masked = glossary.mask(self._masked, self._placeholders, copies)
        self.texts = [text.decode("utf-8", errors="replace") for text in self._masked.texts.numpy()]

    def prefixes(self, prefixes):
        """Returns the masked prefixes of the translations, a list of strings, one for each text."""
        if self._masked is None:
            return prefixes
        masked, self._masked = self._placeholders.mask_prefixes(tf.constant(prefixes), self._masked)
        return [text.decode("utf-8") for text in masked.numpy()]

    def restored(self, translations, scores=None, counts=None):
        """Returns translations with the replaced parts.

        Args:
            translations: a list for each text of equally many strings, best first.
            scores: their scores, a list for each text. One of minus infinity is missing. Default None: none is missing.
            counts: `PlaceholderCounts`, to which those of the best translations are added. Default None.
        """
        if self._masked is None:
            return translations
        n_best = len(translations[0])
        scores = None if scores is None else tf.constant([score for row in scores for score in row], tf.float32)
        found = self._restored(tf.constant([text for row in translations for text in row]), n_best, scores)
        if counts is not None:
            counts.texts += len({*self._masked.rows.numpy().tolist()})
            counts.masked += int(tf.size(self._masked.rows))
            counts.dropped += int(tf.reduce_sum(found.dropped[::n_best]))
            counts.extra += int(tf.reduce_sum(found.extra[::n_best]))
        texts = [text.decode("utf-8", errors="replace") for text in found.texts.numpy()]
        return [texts[start : start + n_best] for start in range(0, len(texts), n_best)]

    def restored_tensor(self, translations, scores):
        """Returns `(texts * n_best,)` translations, those of a text in succession, with the replaced parts.

        Args:
            translations: `(texts * n_best,)` strings.
            scores: `(texts, n_best)`, see `restored`.
        """
        if self._masked is None:
            return translations
        return self._restored(translations, tf.shape(scores)[1], tf.reshape(scores, (-1,))).texts

    def _restored(self, translations, n_best, scores):
        return self._placeholders.restore(translations, self._masked.repeated(n_best), scores)
