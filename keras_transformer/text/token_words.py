"""The word of each token of a text, also of a sampled segmentation."""

import functools

import numpy as np
import tensorflow as tf

from keras_transformer.text.graph_tokenizer import string_tensor
from keras_transformer.text.tagged_tokenizer import TaggedTokenizer, split_tags

_SPACE = "\u2581"


def token_words(tokenizer, texts, rows):
    """Returns the position of the word of each token, counted from 0, and -1 for the tag of a language.

    It needs this Python process, inside or outside of a graph.

    Args:
        tokenizer: the `Tokenizer` of the rows.
        texts: `(batch,)` strings, a tensor, list, tuple or array. Their words are those of `str.split()`.
        rows: the ragged token ids of `token_rows` of these texts, with the best or a sampled segmentation.

    Returns:
        `tf.RaggedTensor` int32 with the row lengths of `rows`.
    """
    texts = string_tensor(texts)
    tags = tf.zeros_like(tf.strings.length(texts))
    if isinstance(tokenizer, TaggedTokenizer):
        prefixes, texts = split_tags(texts)
        # A blank text has no tokens, and not every text has a tag of the vocabulary.
        is_tag = tf.equal(tf.expand_dims(prefixes, 1), tf.constant(tokenizer.prefixes))
        has_tag = tf.logical_and(tf.reduce_any(is_tag, axis=1), tf.greater(rows.row_lengths(), 0))
        tags = tf.cast(has_tag, tf.int32)
    find = functools.partial(_words, tokenizer, _space_counts(tokenizer))
    words = tf.numpy_function(find, (texts, rows.values, rows.row_splits, tags), tf.int32, stateful=False)
    return rows.with_values(tf.ensure_shape(words, (None,)))


def _space_counts(tokenizer):
    """Returns the numbers of spaces before the first and after the first other character of each token."""
    pieces = tokenizer.all_tokens()
    leading = np.array([len(piece) - len(piece.lstrip(_SPACE)) for piece in pieces], np.int32)
    others = np.array([piece.lstrip(_SPACE).count(_SPACE) for piece in pieces], np.int32)
    return leading, others


def _words(tokenizer, counts, texts, token_ids, splits, tags):
    """Returns the words of all tokens in one array."""
    leading, others = (each[token_ids] for each in counts)
    ends = np.cumsum(leading + others, dtype=np.int32)
    # The number of spaces up to the first character of a token in its text. A word begins with a space.
    before = np.concatenate([[0], ends])[splits[:-1]].astype(np.int32)
    lengths = np.diff(splits)
    words = ends - others - np.repeat(before, lengths) - 1
    totals = np.concatenate([[0], ends])[splits[1:]] - before
    for index, text in enumerate(texts):
        start, end = splits[index], splits[index + 1]
        start += tags[index]
        text = text.decode("utf-8", errors="replace")
        if start < end and totals[index] != len(text.split()):
            # The normalisation of the vocabulary has added or removed words, or a text does not begin with a space.
            words[start:end] = _by_best_segmentation(tokenizer, counts, text, token_ids[start:end], words[start:end])
        words[splits[index] : start] = -1
    return words


def _by_best_segmentation(tokenizer, counts, text, token_ids, words):
    """Returns the words of the text, given those of the normalised text."""
    positions, best = tokenizer.word_positions(text), tokenizer.best_ids(text)
    if len(positions) != len(best):
        return words
    if best == token_ids.tolist():
        return positions
    leading, others = (each[best] for each in counts)
    normalised = (np.cumsum(leading + others) - others - 1).tolist()
    # The last token, because the first can begin with characters that the normalisation removes.
    by_normalised = dict(zip(normalised, positions, strict=True))
    known = sorted(by_normalised)
    if not known:
        return words
    nearest = [max((each for each in known if each <= word), default=known[0]) for word in words.tolist()]
    return [by_normalised[word] for word in nearest]
