"""The shortlist that is learned from sentence pairs."""

import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.generation.learn_shortlist import _added, learn_shortlist
from keras_transformer.special_tokens import END_ID
from keras_transformer.text import Tokenizers, learn_vocabulary

WORDS = {"cat": "Katze", "dog": "Hund", "man": "Mann", "tree": "Baum", "bread": "Brot", "water": "Wasser"}
PAIRS = [(f"the {first} {second}", f"das {WORDS[first]} {WORDS[second]}") for first in WORDS for second in WORDS]


@pytest.fixture(scope="module")
def tokenizers():
    source = learn_vocabulary([source for source, _ in PAIRS] * 3)
    target = learn_vocabulary([target for _, target in PAIRS] * 3)
    return Tokenizers(source, target)


def test_words_have_their_translations_as_candidates(tokenizers):
    shortlist = learn_shortlist(PAIRS, tokenizers, num_candidates=4, num_frequent=1)
    source, target = tokenizers.source, tokenizers.target
    for word, translation in WORDS.items():
        rows = shortlist.candidates[source.tokenize([word]).to_list()[0]]
        assert {*target.tokenize([translation]).to_list()[0]} <= {*rows.ravel()}
    assert shortlist.candidates.shape == (source.vocabulary_size, 4)
    assert shortlist.vocabulary_size == target.vocabulary_size
    # The most frequent token, and no symbols.
    assert len(shortlist.frequent) == 1
    assert shortlist.candidates[END_ID].any()


def test_a_shared_vocabulary_lets_tokens_be_copied():
    tokenizer = learn_vocabulary([text for pair in PAIRS for text in pair])
    shortlist = learn_shortlist(PAIRS, Tokenizers(tokenizer), num_candidates=3)
    np.testing.assert_array_equal(shortlist.candidates[:, 0], np.arange(tokenizer.vocabulary_size))


def test_symbols_are_always_possible():
    lines = [text for pair in PAIRS for text in pair]
    tokenizer = learn_vocabulary(lines, user_defined_symbols=["<url>"])
    shortlist = learn_shortlist(PAIRS, Tokenizers(tokenizer), num_frequent=1)
    assert tokenizer.symbols["<url>"] in shortlist.frequent


def test_the_number_of_pairs_is_limited(tokenizers):
    def endless():
        while True:
            yield from PAIRS

    assert learn_shortlist(endless(), tokenizers, most_pairs=36).candidates.any()


def test_small_sums_are_dropped_beyond_the_limit():
    sums = np.int64([2, 5, 8]), np.float64([3, 1, 5])
    links, values = _added(sums, np.int64([9, 5, 1, 9]), np.float64([1, 1, 1, 3]), most=4)
    assert links.tolist() == [8, 9]
    assert values.tolist() == [5.0, 4.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"num_candidates": 0}, "`num_candidates` must be at least 1"), ({"most_pairs": 0}, "`most_pairs`")],
)
def test_numbers_are_checked(tokenizers, arguments, message):
    with pytest.raises(InputError, match=message):
        learn_shortlist(PAIRS, tokenizers, **arguments)


def test_no_pairs_are_an_error(tokenizers):
    with pytest.raises(InputError, match="learned from sentence pairs. Received: none"):
        learn_shortlist([], tokenizers)
