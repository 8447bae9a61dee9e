"""Every token belongs to a word of the text, whatever the normalisation does to spaces."""

import re

import pytest

from keras_transformer.text import learn_vocabulary

TEXTS = [
    "나는 어제 카페에 갔다.",
    "  two   spaces\tand a tab  ",
    "an ideographic\u3000space and a no-break\u00a0space",
    "½ cup, ① item, ﷺ, ¨",
    "emoji 👍🏽 and 𝒎𝒂𝒕𝒉, Ünïcödé",
    "one",
    "a .",
]


@pytest.fixture(scope="module", params=["identity", "nmt_nfkc"])
def tokenizer(request):
    return learn_vocabulary(TEXTS * 3, normalization=request.param)


@pytest.mark.parametrize("text", TEXTS)
def test_every_token_is_of_one_word_and_every_word_has_a_token(tokenizer, text):
    positions = tokenizer.word_positions(text)
    assert len(positions) == len(tokenizer.tokenize([text])[0])
    assert positions == sorted(positions)
    assert set(positions) == set(range(len(text.split())))


@pytest.mark.parametrize("text", TEXTS)
def test_the_tokens_of_a_word_are_written_as_the_word(tokenizer, text):
    words = [""] * len(text.split())
    token_ids = tokenizer.tokenize([text])
    for position, token_id in zip(tokenizer.word_positions(text), token_ids[0].numpy(), strict=True):
        words[position] += tokenizer.token(token_id)
    for word, written in zip(text.split(), words, strict=True):
        alone = tokenizer.tokenize([word])[0].numpy()
        spelled = "".join(tokenizer.token(token_id) for token_id in alone)
        # Without normalisation, other spaces are tokens.
        assert re.sub(r"[▁\s]", "", written) == spelled.replace("▁", "")


def test_a_text_without_words_has_no_tokens(tokenizer):
    assert tokenizer.word_positions("") == []
