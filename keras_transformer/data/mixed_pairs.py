"""Mixes the sentence pairs of several corpora evenly, each with a weight."""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from keras_transformer.data.sentence_pairs import streamed_pairs

if TYPE_CHECKING:
    import tensorflow as tf


def mixed_pairs(
    corpora: Sequence[Callable[[], Iterable]], weights: Sequence[int], counts: Sequence[int], columns: int = 2
) -> "tf.data.Dataset":
    """Makes a dataset of the pairs of several corpora. The other arguments are those of `mixed_rows`.

    Args:
        columns: number of strings of a row. Default 2.

    Returns:
        `tf.data.Dataset` of `(source, target)` scalar strings, streamed. It needs this Python process.
    """
    return streamed_pairs(lambda: mixed_rows(corpora, weights, counts), columns)


def mixed_rows(corpora: Sequence[Callable[[], Iterable]], weights: Sequence[int], counts: Sequence[int]) -> Iterator:
    """Yields the rows of several corpora, each as many times as its weight.

    Every part of the result has the corpora in nearly the same proportions. Shuffling within a window of any size is
    therefore enough. The copies of a row are as far from each other as possible. The order is always the same.

    Args:
        corpora: functions. Each returns an iterable of the rows of a corpus.
        weights: number of times that each row of a corpus occurs, at least 1, for each corpus.
        counts: number of rows of each corpus.

    Example:

    >>> list(mixed_rows([lambda: "abcd", lambda: "x"], weights=[1, 2], counts=[4, 1]))
    ['a', 'x', 'b', 'c', 'x', 'd']
    """

    def placed(number):
        rows = itertools.chain.from_iterable(corpora[number]() for _ in range(weights[number]))
        total = weights[number] * counts[number]
        # The number of the corpus comes before the row, so that rows are never compared.
        return (((2 * index + 1) / (2 * total), number, row) for index, row in enumerate(rows))

    for *_, row in heapq.merge(*map(placed, range(len(corpora)))):
        yield row
