"""Tests of batches with lines in the reverse direction (target to source)."""

import collections

import pytest
from pair_cases import PAIRS, texts_of

from keras_transformer.data import listed_pairs, token_batches
from keras_transformer.errors import InputError
from keras_transformer.text import learn_vocabulary

REVERSED_PAIRS = [(target, source) for source, target in PAIRS]


def test_all_lines_are_reversed(tokenizer):
    batches = token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=1000, reversal=1.0)
    assert texts_of(batches, tokenizer, tokenizer) == collections.Counter(REVERSED_PAIRS)


def test_a_fraction_of_the_lines_drawn_anew_each_epoch_is_reversed(tokenizer):
    batches = token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=1000, shuffle=True, reversal=0.3)
    first, second = (texts_of(batches, tokenizer, tokenizer) for _ in range(2))
    for epoch in (first, second):
        turned = epoch & collections.Counter(REVERSED_PAIRS)
        # Every pair occurs in exactly one direction.
        assert (epoch - turned) + collections.Counter({pair[::-1]: 1 for pair in turned}) == collections.Counter(PAIRS)
        # Six standard deviations.
        assert abs(turned.total() - 0.3 * len(PAIRS)) < 6 * (0.21 * len(PAIRS)) ** 0.5
    assert len(first - second) > 1000


def test_joined_lines_are_reversed_as_one(tokenizer):
    batches = token_batches(
        listed_pairs(PAIRS), tokenizer, shuffle=True, concatenation=1.0, reversal=0.5, max_length=500, batch_tokens=1000
    )
    rows = texts_of(batches, tokenizer, tokenizer)
    assert rows.total() == len(PAIRS) / 2
    # The number of a line of `PAIRS` is the first word of its source, and the last of its target.
    is_reversed = []
    for source, target in rows:
        numbers = [[place for place, word in enumerate(side.split()) if word.isdigit()] for side in (source, target)]
        assert (0 in numbers[0]) != (0 in numbers[1])
        is_reversed.append(0 in numbers[1])
    assert abs(sum(is_reversed) - 750) < 6 * 1500**0.5 / 2


def test_a_fraction_above_one_is_refused(tokenizer):
    with pytest.raises(InputError, match="`reversal` must be from 0 to 1. Received: reversal=1.5"):
        token_batches(listed_pairs(PAIRS), tokenizer, reversal=1.5)


def test_two_vocabularies_cannot_be_exchanged(tokenizer):
    other = learn_vocabulary((source for source, _ in PAIRS), 320)
    with pytest.raises(
        InputError, match="`reversal` needs one tokenizer for both sides. Received: two different tokenizers."
    ):
        token_batches(listed_pairs(PAIRS), tokenizer, other, reversal=0.5)


def test_it_is_deprecated(tokenizer):
    with pytest.warns(DeprecationWarning, match="version 1.0 removes it"):
        token_batches(listed_pairs(PAIRS), tokenizer, reversal=0.5)
