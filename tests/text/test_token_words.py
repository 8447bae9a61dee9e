"""The word of each token, for best and sampled segmentations, against the pieces themselves."""

import pytest

from keras_transformer.text import learn_vocabulary
from keras_transformer.text.tagged_tokenizer import TaggedTokenizer
from keras_transformer.text.token_rows import token_rows
from keras_transformer.text.token_words import token_words

TEXTS = [
    "나는 어제 카페에 갔다.",
    "",
    "  two   spaces ",
    "a\u00a0hard space",  # NFKC makes it a space.
    "a \u200b zero",  # The vocabulary removes the zero-width space, a word of its own.
    "the \u00a8 sign",  # NFKC adds a space.
    "unknown \u4e00\u4e01 characters",
]


@pytest.fixture(scope="module")
def tokenizer():
    return learn_vocabulary([text for text in TEXTS if text], user_defined_symbols=["<2de>"], model_type="unigram")


def words_of(tokenizer, texts, sampling=0.0, seed=None):
    rows = token_rows(tokenizer, texts, sampling, seed)
    words = token_words(tokenizer, texts, rows)
    assert words.row_lengths().numpy().tolist() == rows.row_lengths().numpy().tolist()
    return rows.to_list(), words.to_list()


def test_best_segmentations_have_the_positions_of_the_tokenizer(tokenizer):
    _, words = words_of(tokenizer, TEXTS)
    assert words == [tokenizer.word_positions(text) if text else [] for text in TEXTS]


def test_sampled_segmentations_have_the_words_of_their_characters(tokenizer):
    best = [dict.fromkeys(positions) for positions in words_of(tokenizer, TEXTS)[1]]
    found = set()
    for seed in range(5):
        rows, words = words_of(tokenizer, TEXTS, 0.1, seed)
        found.add(str(rows))
        for row, positions, text, expected in zip(rows, words, TEXTS, best, strict=True):
            if "\u200b" in text:
                assert [positions[0], positions[-1]] == [0, 2]
                continue
            assert list(dict.fromkeys(positions)) == list(expected)
            if not text:
                continue
            # Normalisation changes characters, and in some texts the number of words.
            normalised = tokenizer.detokenize([row]).numpy()[0].decode().split()
            if len(normalised) != len(text.split()):
                continue
            for word, written in enumerate(normalised):
                tokens = [token for token, position in zip(row, positions, strict=True) if position == word]
                assert tokenizer.detokenize([tokens]).numpy()[0].decode() == written
    assert len(found) == 5


def test_a_tag_has_no_word(tokenizer):
    tagged = TaggedTokenizer(tokenizer)
    texts = ["<2de> two   spaces", "two", "<2de> ", "<2fr> two spaces"]
    rows, words = words_of(tagged, texts)
    assert words[0] == [-1, *tokenizer.word_positions("two   spaces")]
    assert rows[0][0] == tokenizer.symbols["<2de>"]
    assert words[1] == tokenizer.word_positions("two")
    assert words[2] == []
    assert words[3] == tokenizer.word_positions("two spaces")
