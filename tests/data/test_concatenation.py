"""Tests of batches with joined lines: no line is lost, and no row is too long."""

import collections
import itertools

import pytest
from pair_cases import PAIRS, texts_of

from keras_transformer.data import listed_pairs, token_batches
from keras_transformer.errors import InputError


def test_lines_are_joined_two_by_two(tokenizer):
    pairs = [("red cat", "blue dog"), ("bird", "tree"), ("one", "two"), ("", "three"), ("small bird", "large dog")]
    batches = token_batches(listed_pairs(pairs), tokenizer, concatenation=1.0)
    # Only the blank line is dropped.
    expected = [("red cat bird", "blue dog tree"), ("one", "two"), ("small bird", "large dog")]
    assert texts_of(batches, tokenizer, tokenizer) == collections.Counter(expected)


def test_lines_that_would_be_too_long_together_are_not_joined(tokenizer):
    longest = max(len(row) + 1 for row in tokenizer.tokenize(list(itertools.chain(*PAIRS))).to_list())
    batches = list(
        token_batches(
            listed_pairs(PAIRS), tokenizer, batch_tokens=1000, max_length=longest, shuffle=True, concatenation=1.0
        )
    )
    assert 1500 < sum(len(labels) for _, labels in batches) < 2900
    assert max(max(inputs["source_ids"].shape[1], labels.shape[1]) for inputs, labels in batches) <= longest
    # Every line occurs once: every source and target has its own number.
    words = itertools.chain(*(" ".join(pair).split() for pair in texts_of(batches, tokenizer, tokenizer).elements()))
    assert collections.Counter(words) == collections.Counter(
        itertools.chain(*(" ".join(pair).split() for pair in PAIRS))
    )


def test_a_part_of_the_lines_is_joined_others_in_every_epoch(tokenizer):
    batches = token_batches(
        listed_pairs(PAIRS), tokenizer, shuffle=True, concatenation=0.5, max_length=500, batch_tokens=1000
    )
    first, second = (texts_of(batches, tokenizer, tokenizer) for _ in range(2))
    # Half of 1,500 pairs of lines, with six standard deviations.
    assert abs(3000 - first.total() - 750) < 6 * 1500**0.5 / 2
    assert len(first - second) > 1000


def test_more_than_all_lines_cannot_be_joined(tokenizer):
    with pytest.raises(InputError, match="`concatenation` must be from 0 to 1. Received: concatenation=1.5"):
        token_batches(listed_pairs(PAIRS), tokenizer, concatenation=1.5)
