"""Checks lists of texts, and divides them into batches of similar length."""

import math

import numpy as np

from keras_transformer.errors import InputError
from keras_transformer.text.tokenizer import check_unicode


def checked_texts(texts):
    """Returns texts as a list.

    Raises:
        ValueError: `texts` is a single string, an item is not a string, or a string has a lone surrogate.
    """
    if isinstance(texts, (str, bytes)):
        raise ValueError(f"Expected a list of texts. Received: the single text {texts[:50]!r}. Put it into a list.")
    texts = list(texts)
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"Expected texts of type str. Received: {text!r}.")
        check_unicode(text)
    return texts


def checked_pairs(pairs):
    """Returns the sources and the targets of `(source, target)` pairs, two lists.

    Raises:
        ValueError: an item is not a pair, or see `checked_texts`.
    """
    pairs = list(pairs)
    for pair in pairs:
        # A string of two characters can be unpacked as well.
        if isinstance(pair, (str, bytes)) or len(pair) != 2:
            raise ValueError(f"Expected a list of pairs (source, target). Received: {pair!r} in the list.")
    return checked_texts(source for source, _ in pairs), checked_texts(target for _, target in pairs)


def check_finite(scores):
    """Raises an InputError if a score is not finite, as with weights that overflow."""
    if not all(map(math.isfinite, scores)):
        raise InputError("the scores of the model are not finite. Its weights are too large or damaged.")


def lengths_with_end(rows, max_length):
    """Returns the number of tokens of each ragged row after cutting, including the end token."""
    return np.minimum(rows.row_lengths().numpy() + 1, max_length)


def batches_by_length(lengths, batch_size):
    """Returns the indices of rows in batches of similar length.

    Args:
        lengths: `(rows,)` array of integers.
        batch_size: number of rows of a batch.

    Returns:
        A list of lists of integers.

    Raises:
        InputError: `batch_size` is below 1.
    """
    if batch_size < 1:
        raise InputError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}.")
    order = np.argsort(lengths, kind="stable").tolist()
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
