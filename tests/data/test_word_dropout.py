"""Tests of batches in which some input tokens are replaced by the unknown token."""

import numpy as np
import pytest
from pair_cases import PAIRS

from keras_transformer.data import count_batches, listed_pairs, token_batches
from keras_transformer.errors import InputError
from keras_transformer.special_tokens import NUM_SPECIAL_TOKENS, UNKNOWN_ID


def inputs_and_labels(tokenizer, **options):
    """The tokens of an epoch, source, target and labels, end to end."""
    batches = token_batches(listed_pairs(PAIRS), tokenizer, shuffle=True, seed=3, first_step=0, **options)
    steps, _ = count_batches(token_batches(listed_pairs(PAIRS), tokenizer))
    found = [(inputs["source_ids"], inputs["target_ids"], labels) for inputs, labels in batches.take(steps)]
    return [np.concatenate([ids.numpy().ravel() for ids in side]) for side in zip(*found, strict=True)]


def test_a_part_of_the_tokens_is_read_as_unknown_and_the_labels_stay(tokenizer):
    whole = inputs_and_labels(tokenizer)
    dropped = inputs_and_labels(tokenizer, word_dropout=0.2)
    np.testing.assert_array_equal(dropped[2], whole[2])
    for before, after in zip(whole[:2], dropped[:2], strict=True):
        is_word = before >= NUM_SPECIAL_TOKENS
        np.testing.assert_array_equal(after[~is_word], before[~is_word])
        is_dropped = after != before
        assert set(after[is_dropped]) == {UNKNOWN_ID}
        # Six standard deviations.
        assert abs(is_dropped.sum() - 0.2 * is_word.sum()) < 6 * (0.16 * is_word.sum()) ** 0.5


@pytest.mark.slow
def test_the_two_sides_and_the_epochs_differ(tokenizer):
    text = PAIRS[0][0]
    batches = token_batches(listed_pairs([(text, text)]), tokenizer, word_dropout=0.5, shuffle=True)
    epochs = [inputs for _ in range(8) for inputs, _ in batches]
    # Inputs of both sides: the target begins with the start token, and the source ends with the end token.
    sources = [inputs["source_ids"].numpy()[0, :-1].tolist() for inputs in epochs]
    targets = [inputs["target_ids"].numpy()[0, 1:].tolist() for inputs in epochs]
    assert len(set(map(tuple, sources))) > 1
    assert sources != targets


def test_all_tokens_cannot_be_dropped(tokenizer):
    with pytest.raises(InputError, match="`word_dropout` must be at least 0 and below 1. Received: word_dropout=1.0"):
        token_batches(listed_pairs(PAIRS), tokenizer, word_dropout=1.0)
