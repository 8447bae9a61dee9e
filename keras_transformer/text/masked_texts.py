from typing import NamedTuple

import tensorflow as tf


class MaskedTexts(NamedTuple):
    """Texts in which symbols replace parts that are kept unchanged.

    Args:
        texts: `(batch,)` strings with symbols.
        rows: `(entries,)` int64, the text of each replaced part.
        symbols: `(entries,)` int64, the number of its symbol.
        values: `(entries,)` strings, what is written in the place of the symbol.
        is_copied: `(batch,)`, whether a text has nothing to translate. Its masked text is empty.
        copies: `(batch,)` strings, the translation of such a text.
    """

    texts: tf.Tensor
    rows: tf.Tensor
    symbols: tf.Tensor
    values: tf.Tensor
    is_copied: tf.Tensor
    copies: tf.Tensor

    def repeated(self, count):
        """Returns `count` successive copies of each text."""
        copies = tf.range(tf.cast(count, tf.int64))
        rows = tf.reshape(tf.expand_dims(self.rows * tf.cast(count, tf.int64), 1) + copies, (-1,))
        entries = [tf.repeat(part, count) for part in (self.symbols, self.values)]
        batch = [tf.repeat(part, count) for part in (self.is_copied, self.copies)]
        return MaskedTexts(tf.repeat(self.texts, count), rows, *entries, *batch)


class RestoredTexts(NamedTuple):
    """Translations with the kept parts in the places of the symbols.

    Args:
        texts: `(batch,)` strings.
        dropped: `(batch,)` int64, number of parts whose symbol is not in the translation. They are at its end.
        extra: `(batch,)` int64, number of symbols that were removed because the source does not have them so often.
    """

    texts: tf.Tensor
    dropped: tf.Tensor
    extra: tf.Tensor
