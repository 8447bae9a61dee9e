"""Every pair that fits is in exactly one batch, and no batch exceeds its budget."""

import pytest
from fuzz.properties.data_files import check_batches
from hypothesis import given, settings
from hypothesis import strategies as st
from random_texts import TEXTS

import keras_transformer as kt


@pytest.mark.slow
@settings(max_examples=3)
@given(
    pairs=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=30),
    max_length=st.sampled_from([2, 8, 30, 100]),
    more_tokens=st.sampled_from([0, 7, 300]),
    shuffle=st.booleans(),
    fixed_shapes=st.booleans(),
)
def test_every_pair_that_fits_is_in_one_batch(pairs, max_length, more_tokens, shuffle, fixed_shapes, tokenizers):
    options = {"shuffle": shuffle, "fixed_shapes": fixed_shapes}
    dataset = kt.data.listed_pairs(pairs)
    check_batches(tokenizers["unigram"], dataset, pairs, max_length + more_tokens, max_length, options, repr(pairs))
