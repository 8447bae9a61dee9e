"""Tests of normalisation: equal to SentencePiece's map in every tokenizer, and always one line."""

import operator
import unicodedata

import pytest
import sentencepiece
import tensorflow as tf

from keras_transformer.data import checked_lines
from keras_transformer.errors import InputError
from keras_transformer.text import learn_vocabulary
from keras_transformer.text.normalization import NORMALIZATIONS
from keras_transformer.text.subword_sampler import SubwordSampler

TEXT = "나는 어제 카페에 갔다. Zürich, 12 (am)!"
FULL_WIDTH = str.maketrans({chr(code_point): chr(code_point + 0xFEE0) for code_point in range(0x21, 0x7F)})
VARIANTS = [
    unicodedata.normalize("NFD", TEXT),
    TEXT.replace(" ", "\u00a0"),
    TEXT.replace(" ", "\u3000"),
    TEXT.translate(FULL_WIDTH),
    f"\ufeff{TEXT}\u200b\t",
    TEXT.replace(" ", " \u200b \x01"),
]
CHARACTERS = [chr(code_point) for code_point in range(1, 0x110000) if not 0xD800 <= code_point < 0xE000]


@pytest.fixture(scope="module")
def learn(lines):
    """Learns a vocabulary once for each choice of arguments."""
    learned = {}

    def learn(**arguments):
        key = str(sorted(arguments.items()))
        if key not in learned:
            learned[key] = learn_vocabulary([*lines, TEXT, TEXT], 360, **arguments)
        return learned[key]

    return learn


def processor_of(tokenizer):
    return sentencepiece.SentencePieceProcessor(model_proto=tokenizer.model)


@pytest.mark.parametrize("text", VARIANTS, ids=ascii)
@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_by_default_the_ways_to_write_a_text_give_the_same_ids_everywhere(learn, model_type, text):
    tokenizer = learn(model_type=model_type)
    expected = processor_of(tokenizer).encode(TEXT)
    assert processor_of(tokenizer).encode(text) == expected
    assert tokenizer.tokenize([text]).to_list() == [expected]
    sampler = SubwordSampler(processor_of(tokenizer), 0.2)
    assert sampler.sample([text], seed=3) == sampler.sample([TEXT], seed=3)


def test_without_normalisation_they_stay_as_they_are(learn):
    tokenizer = learn(normalization="identity")
    for text in VARIANTS[:4]:
        assert tokenizer.detokenize(tokenizer.tokenize([text])).numpy()[0].decode() == text


@pytest.mark.parametrize(
    ("normalization", "lowercase"),
    [
        pytest.param(name, lowercase, marks=[] if (name, lowercase) == ("nmt_nfkc", True) else pytest.mark.slow)
        for name in NORMALIZATIONS
        for lowercase in (False, True)
    ],
)
def test_every_character_is_mapped_as_the_name_says(learn, normalization, lowercase):
    tokenizer = learn(normalization=normalization, lowercase=lowercase)
    texts = ["".join(CHARACTERS[start : start + 500]) for start in range(0, len(CHARACTERS), 500)]
    separated = [text.translate(str.maketrans("\t\n\r", "   ")) for text in texts]
    expected = separated
    if normalization != "identity":
        normalizer = sentencepiece.SentencePieceNormalizer(rule_name=normalization)
        expected = [normalizer.normalize(text).replace("\u2581", " ") for text in separated]
    if lowercase:
        expected = ["".join(character.lower() for character in text) for text in expected]
    expected = [" ".join(part for part in text.replace("\u2581", " ").split(" ") if part) for text in expected]
    found = tokenizer.detokenize(tokenizer.tokenize(tf.constant(texts))).numpy()
    assert [text.decode() for text in found] == expected
    assert processor_of(tokenizer).normalize(texts) == ["\u2581" + text.replace(" ", "\u2581") for text in expected]


def test_case_folding_is_not_lower_case(learn):
    found = [learn(normalization="nmt_nfkc_cf"), learn(lowercase=True)]
    assert [processor_of(tokenizer).normalize("ΣΟΦΌΣ σοφός") for tokenizer in found] == [
        "▁σοφόσ▁σοφόσ",
        "▁σοφόσ▁σοφός",
    ]


def test_user_defined_symbols_are_always_one_token(learn):
    symbols = ["<2en>", "[URL]", "㈜", "a,b", "👨\u200d👩"]
    tokenizer = learn(user_defined_symbols=symbols, lowercase=True)
    all_tokens = tokenizer.all_tokens()
    for symbol in symbols:
        for text in (symbol, f"the {symbol} old", f"the{symbol}{symbol}old"):
            (ids,) = tokenizer.tokenize([text]).to_list()
            assert ids.count(all_tokens.index(symbol)) == text.count(symbol)
            assert tokenizer.detokenize(tf.constant([ids])).numpy()[0].decode() == text
            assert processor_of(tokenizer).encode(text) == ids
            (sampled,) = tokenizer.tokenize([text], sampling=0.1, seed=1).to_list()
            assert sampled.count(all_tokens.index(symbol)) == text.count(symbol)


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        ("<a>", r"must be a list of strings\. Received: '<a>'"),
        ([""], r"'' cannot be a token: it is blank"),
        (["\u200b"], r"'\\u200b' cannot be a token: it is blank"),
        (["a b"], r"'a b' cannot be a token: it is blank or has a space"),
        (["a\0"], r"'a\\x00' cannot be a token: .* control character"),
        (["a\u2581b"], r"'a\\u2581b' cannot be a token: SentencePiece uses"),
        (["\ud800"], r"'\\ud800' cannot be a token: it is not valid Unicode"),
        (["</s>"], r"'</s>' cannot be a token: it is a special token already"),
        (["<0x0A>"], r"'<0x0A>' cannot be a token: it is a special token already"),
        (["<a>", "<a>"], r"'<a>' cannot be a token: it is given twice"),
        ([3], r"3 cannot be a token: it is not a string"),
    ],
)
def test_symbols_that_cannot_be_tokens_are_refused(symbols, message):
    with pytest.raises(InputError, match=f"^`user_defined_symbols`.*{message}"):
        learn_vocabulary(["a text"], 300, user_defined_symbols=symbols)


def test_symbols_count_as_tokens():
    with pytest.raises(InputError, match="at least 263: 4 special tokens, 256 bytes, 2 user-defined symbols and"):
        learn_vocabulary(["a text"], 262, user_defined_symbols=["<a>", "<b>"])


def test_digits_can_be_split(lines):
    years = [f"in {year} and {year + 1}" for year in range(1990, 2020)] * 30
    for split_digits in (False, True):
        tokens = learn_vocabulary([*lines, *years], 400, split_digits=split_digits).all_tokens()[260:]
        assert any(sum(map(str.isdigit, token)) > 1 for token in tokens) != split_digits


def test_rare_characters_are_spelled_in_bytes_below_full_coverage(lines):
    for coverage in (0.999, 1.0):
        tokens = learn_vocabulary([*lines, "龍"], 380, character_coverage=coverage).all_tokens()
        assert ("龍" in tokens) == (coverage == 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"normalization": "nfc"}, "one of nmt_nfkc, nfkc, nmt_nfkc_cf, identity. Received: 'nfc'"),
        ({"character_coverage": 0.5}, r"must be from 0.98 to 1. Received: 0.5"),
        ({"character_coverage": 1.1}, r"must be from 0.98 to 1. Received: 1.1"),
    ],
)
def test_values_out_of_range_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        learn_vocabulary(["a text"], 300, **arguments)


@pytest.mark.parametrize("name", ["p_nfd.ko", "p_nbsp.ko", "p_full.ko"])
@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_korean_lines_in_other_forms_have_the_same_ids(cases, model_type, name):
    text = {file: list(checked_lines(cases / file)) for file in ("p.ko", "p.en", name)}
    assert len(text[name]) == len(text["p.ko"]) == 12
    assert all(map(operator.ne, text[name], text["p.ko"]))
    learned, plain = (
        learn_vocabulary([*text["p.ko"], *text["p.en"]], model_type=model_type, **arguments)
        for arguments in ({}, {"normalization": "identity"})
    )
    assert learned.tokenize(text[name]).to_list() == learned.tokenize(text["p.ko"]).to_list()
    assert all(map(operator.ne, plain.tokenize(text[name]).to_list(), plain.tokenize(text["p.ko"]).to_list()))
