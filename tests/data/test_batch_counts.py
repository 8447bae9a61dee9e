"""Tests of the counts before a training: batches, padding and dropped pairs."""

import numpy as np
import pytest
from pair_cases import PAIRS

from keras_transformer.data import (
    DroppedPairs,
    count_batches,
    count_pairs,
    listed_pairs,
    streamed_batches,
    token_batches,
)
from keras_transformer.errors import InputError

BLANK = [("", "cat"), ("\u200b", "dog"), ("red", "\u3000\ufeff"), ("\u00a0", "\u2028"), (" ", "")]


@pytest.fixture
def small_pools(monkeypatch):
    monkeypatch.setattr(streamed_batches, "POOL_LINES", 100)
    monkeypatch.setattr(streamed_batches, "SHUFFLE_LINES", 300)


def too_long(tokenizer, pairs, max_length):
    """Counts pairs with too many tokens, one by one."""
    lengths = [[len(row) + 1 for row in tokenizer.tokenize(list(side)).to_list()] for side in zip(*pairs, strict=True)]
    return sum(max(pair) > max_length for pair in zip(*lengths, strict=True))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"shuffle": True},
        {"shuffle": True, "sampling": 0.1, "concatenation": 1.0, "word_dropout": 0.2},
        {"concatenation": 0.5, "reversal": 0.5, "fixed_shapes": True},
    ],
)
def test_dropped_pairs_are_counted_by_reason(tokenizer, small_pools, arguments):
    pairs = PAIRS[:600]
    max_length = int(np.median([len(row) for row in tokenizer.tokenize([source for source, _ in pairs]).to_list()]))
    expected = DroppedPairs(len(pairs) + len(BLANK), len(BLANK), too_long(tokenizer, pairs, max_length), max_length)
    assert 0 < expected.too_long < 600
    dataset = listed_pairs(pairs[:300] + BLANK + pairs[300:])
    assert count_pairs(dataset, tokenizer, batch_tokens=600, max_length=max_length, **arguments)[2] == expected


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [{}, {"shuffle": True}, {"fixed_shapes": True}])
def test_the_longest_source_is_reported(tokenizer, small_pools, arguments):
    lengths = [len(row) for row in tokenizer.tokenize([source for source, _ in PAIRS[:600]]).to_list()]
    max_length = max(lengths)  # The end token is not counted, so that the longest is dropped.
    longest = max(length for length in lengths if length < max_length)
    *_, found = count_pairs(listed_pairs(PAIRS[:600]), tokenizer, batch_tokens=600, max_length=max_length, **arguments)
    assert found <= longest
    *_, found = count_pairs(listed_pairs(PAIRS[:600]), tokenizer, batch_tokens=600, **arguments)
    assert found == max_length


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_and_padding_are_those_of_an_epoch(tokenizer, small_pools, shuffle):
    arguments = {"batch_tokens": 600, "max_length": 80, "shuffle": shuffle, "concatenation": 0.3}
    number, padding, *_ = count_pairs(listed_pairs(PAIRS[:500]), tokenizer, seed=3, **arguments)
    batches = token_batches(listed_pairs(PAIRS[:500]), tokenizer, seed=3, **arguments)
    assert (number, padding) == pytest.approx(count_batches(batches))


def test_a_short_epoch_counts_the_first_part_of_the_text_and_no_line_twice(tokenizer, small_pools):
    pairs = listed_pairs(PAIRS[:500])
    number, *_ = count_pairs(pairs, tokenizer, batch_tokens=600)
    few, _, dropped, _ = count_pairs(pairs, tokenizer, batch_tokens=600, steps_per_epoch=2)
    assert few == 2
    assert (dropped.pairs, dropped.is_whole) == (100, False)
    many, _, dropped, _ = count_pairs(pairs, tokenizer, batch_tokens=600, steps_per_epoch=number + 1)
    assert many == number + 1
    assert (dropped.pairs, dropped.is_whole) == (500, True)


def test_where_no_pair_is_left_the_reasons_are_named(tokenizer):
    with pytest.raises(InputError, match=r"No sentence pair is left.* 3 of 3 pairs dropped: 2 blank, 1 longer than 2"):
        count_pairs(listed_pairs([*BLANK[:2], PAIRS[0]]), tokenizer, max_length=2)


def test_dropped_pairs_are_one_line():
    assert str(DroppedPairs(300, 90, 6, 64)) == "96 of 300 pairs dropped: 90 blank, 6 longer than 64 tokens"
    assert str(DroppedPairs(30_000, 0, 1, 64)) == "1 of 30,000 pairs dropped: 1 longer than 64 tokens"
    assert str(DroppedPairs(300, 0, 0, 64, is_whole=False)) == "0 of the first 300 pairs dropped"
    assert DroppedPairs(300, 100, 51, 64).is_most
    assert not DroppedPairs(300, 100, 50, 64).is_most
