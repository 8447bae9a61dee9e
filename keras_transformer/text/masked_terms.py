import collections

import tensorflow as tf

from keras_transformer.text.placeholder_kinds import (
    NOTHING_TO_TRANSLATE,
    NUMBERS,
    SYMBOL_PATTERN,
    TERM,
    placeholder_symbols,
)


def mask_terms(masked, terms, matches, placeholders, copies):
    """Replaces terms in `MaskedTexts` by symbols, see `Glossary.mask`.

    Args:
        masked, placeholders, copies: see there.
        terms: a dictionary from terms to their translations.
        matches: the `TermMatches` of the terms.
    """
    first = placeholders.symbols.index(placeholder_symbols([TERM])[0])
    given = zip(masked.rows.numpy().tolist(), masked.symbols.numpy().tolist(), strict=True)
    # Symbols that are written in a text are terms as well if the vocabulary has no other kind.
    counts = collections.Counter(row for row, symbol in given if first <= symbol < first + NUMBERS)
    texts, entries = [], []
    for row, text in enumerate(masked.texts.numpy()):
        text = text.decode("utf-8", errors="replace")
        written, start, count = [], 0, counts[row]
        for match in matches.find(text):
            symbol = first + count % NUMBERS
            written += [text[start : match.start], placeholders.symbols[symbol]]
            entries.append((row, symbol, terms[match.term]))
            start, count = match.end, count + 1
        texts.append("".join([*written, text[start:]]))
    if not entries:
        return masked
    rows, symbols, values = zip(*entries, strict=True)
    found = masked._replace(
        texts=tf.constant(texts),
        rows=tf.concat([masked.rows, tf.constant(rows, tf.int64)], axis=0),
        symbols=tf.concat([masked.symbols, tf.constant(symbols, tf.int64)], axis=0),
        values=tf.concat([masked.values, tf.constant(values)], axis=0),
    )
    return _with_copies(found, placeholders) if copies else found


def _with_copies(masked, placeholders):
    """Returns `MaskedTexts` whose texts are copied if they have only symbols left."""
    rest = tf.strings.regex_replace(masked.texts, SYMBOL_PATTERN, "")
    is_copied = tf.logical_and(
        tf.strings.regex_full_match(rest, NOTHING_TO_TRANSLATE), tf.not_equal(masked.texts, rest)
    )
    copies = placeholders.restore(masked.texts, masked).texts
    return masked._replace(
        texts=tf.where(is_copied, "", masked.texts),
        is_copied=tf.logical_or(masked.is_copied, is_copied),
        copies=tf.where(is_copied, copies, masked.copies),
    )
