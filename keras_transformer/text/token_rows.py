"""Converts texts to token ids: handles blank texts, cuts long texts, and adds the end token."""

import contextlib
import threading
import warnings
from collections.abc import Sequence

import tensorflow as tf

from keras_transformer.special_tokens import END_ID, PADDING_ID
from keras_transformer.text.blank import BLANK_PATTERN
from keras_transformer.text.graph_tokenizer import string_tensor
from keras_transformer.text.tokenizer import Tokenizer

_counted = threading.local()


@contextlib.contextmanager
def counted_cuts():
    """Counts texts that are cut in this thread, without a warning. Filters of warnings are those of all threads.

    Yields:
        A list that gets numbers of texts.
    """
    _counted.numbers = numbers = []
    try:
        yield numbers
    finally:
        _counted.numbers = None


def token_rows(tokenizer, texts, sampling=0.0, seed=None):
    """Returns token ids of texts, without start and end token. A blank text has no tokens.

    Args:
        tokenizer: a `Tokenizer`.
        texts: `(batch,)` strings, a tensor, list, tuple or array.
        sampling, seed: see `Tokenizer.tokenize`. Default: the best segmentation.

    Returns:
        `tf.RaggedTensor` `(batch, None)`, int32, inside or outside of a graph.
    """
    texts = string_tensor(texts)
    return tokenizer.tokenize(tf.where(tf.strings.regex_full_match(texts, BLANK_PATTERN), "", texts), sampling, seed)


def rows_to_cut(tokenizer, texts, max_length, stacklevel=2):
    """Returns the `token_rows` of a list of texts, and warns if `padded_ids` will cut some of them. See `counted_cuts`.

    Args:
        tokenizer: a `Tokenizer`.
        texts: a list of strings.
        max_length: maximum length of a row in tokens, including the end token.
        stacklevel: see `warnings.warn`, counted from the caller. Default 2.
    """
    rows = token_rows(tokenizer, texts)
    too_long = tf.where(rows.row_lengths() > max_length - 1).numpy()[:, 0]
    numbers = getattr(_counted, "numbers", None)
    if numbers is not None:
        numbers.append(too_long.size)
    elif too_long.size:
        warnings.warn(
            f"{too_long.size} of {len(texts)} texts have more than {max_length - 1} tokens and are cut there. The "
            f"first begins with {texts[too_long[0]][:40]!r}.",
            stacklevel=stacklevel + 1,
        )
    return rows


def with_end(rows):
    """Appends the end token to each row of ragged token ids."""
    return tf.concat([rows, tf.fill([rows.nrows(), 1], END_ID)], axis=1)


def padded_ids(rows, max_length, empty_has_end=False):
    """Converts ragged token ids to a padded tensor: cuts each row and appends the end token.

    Args:
        rows: the rows of `token_rows`.
        max_length: maximum length of a row of the result in tokens, including the end token.
        empty_has_end: whether a row without tokens has the end token, as for targets. With False (default), it is only
            padding, and its translation is empty.

    Returns:
        `(batch, length)` int32, with at least one column.
    """
    rows = rows[:, : max_length - 1]
    lengths = tf.expand_dims(tf.cast(rows.row_lengths(), tf.int32), 1)
    token_ids = tf.pad(rows.to_tensor(PADDING_ID), [[0, 0], [0, 1]])
    columns = tf.expand_dims(tf.range(tf.shape(token_ids)[1]), 0)
    is_end = tf.equal(columns, lengths)
    if not empty_has_end:
        is_end = tf.logical_and(is_end, tf.greater(lengths, 0))
    return tf.where(is_end, END_ID, token_ids)


def deprecated_token_rows(self, tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Deprecated: use `tokenizers.encode_source` and `tokenizers.encode_target`."""
    warnings.warn(
        "`Translator.token_rows` is deprecated; use `Translator.tokenizers.encode_source` or `encode_target`.",
        DeprecationWarning,
        stacklevel=2,
    )
    max_length = self.config.max_length
    return with_end(rows_to_cut(tokenizer, texts, max_length)[:, : max_length - 1]).to_list()
