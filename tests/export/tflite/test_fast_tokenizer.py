import functools
import random
import unicodedata

import pytest
import tensorflow as tf
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.export.tflite.fast_tokenizer import FastDetokenizer, FastTokenizer
from keras_transformer.text import learn_vocabulary
from keras_transformer.text.blank import invisible_characters

pytestmark = pytest.mark.slow  # `--text` is deprecated.

LINES = [
    "나는 어제 카페에 갔다.",
    "고양이가 물을 마신다.",
    "The cat drinks water in Zürich.",
    "I went to the cafe yesterday, at 10:30 (am).",
]
TEXTS = [
    *LINES,
    "",
    "   ",
    "  two   spaces ",
    "tab\tand\rreturn",
    "zürich ZÜRICH Zürich",
    "unknown: 龍 été 🙂 ﬁ ½ \u200b\u3000",
    "▁ stands for a space",
    "private \U000f0041 \ue000 characters",
    "@~^",
    unicodedata.normalize("NFD", "나는 어제 Zürich"),
    "나는\u00a0어제\u3000카페에",
    "Ｔｈｅ　ｃａｔ（１０：３０）．",
]


@functools.cache
def tokenizers(normalization="nmt_nfkc", lowercase=False):
    tokenizer = learn_vocabulary(LINES, vocabulary_size=311, normalization=normalization, lowercase=lowercase)
    return tokenizer, FastTokenizer(tokenizer.model), FastDetokenizer(tokenizer.model)


def random_texts(number):
    """Words of the vocabulary and words of random characters of many scripts."""
    draw = random.Random(0)
    blocks = [
        range(0x20, 0x7F),
        range(0xA0, 0x250),
        range(0xAC00, 0xD7A4),
        range(0x4E00, 0xA000),
        range(0x1F300, 0x1F650),
    ]
    characters = [chr(code_point) for block in blocks for code_point in block]
    words = " ".join(LINES).split()
    for _ in range(number):
        yield " ".join(
            draw.choice(words) if draw.random() < 0.6 else "".join(draw.choices(characters, k=draw.randint(1, 5)))
            for _ in range(draw.randint(1, 12))
        )


@pytest.mark.parametrize(
    "rules",
    [("nmt_nfkc",), ("identity",), ("identity", True), pytest.param(("nmt_nfkc_cf", True), marks=pytest.mark.slow)],
    ids=str,
)
def test_its_ids_and_texts_are_those_of_the_tokenizer(rules):
    tokenizer, fast, detokenizer = tokenizers(*rules)
    for text in [*TEXTS, *random_texts(200)]:
        (expected,) = tokenizer.tokenize([text]).to_list()
        assert fast.tokenize(tf.constant([text])).numpy().tolist() == expected, text
        written = detokenizer.detokenize(tf.constant(expected, tf.int32)).numpy()[0]
        assert written == tokenizer.detokenize(tf.ragged.constant([expected], tf.int32)).numpy()[0], text


@pytest.mark.parametrize("normalization", ["nmt_nfkc", "identity"])
def test_a_blank_text_has_no_ids(normalization):
    _, fast, _ = tokenizers(normalization)
    for text in ["\u200b", "\u2800\u00ad", " \ufeff\u3164\x01 ", "".join(invisible_characters()).replace("\0", "")]:
        assert fast.tokenize(tf.constant([text])).shape == (0,)
    assert fast.tokenize(tf.constant(["\u200b.\u2800"])).shape[0] > 0


def test_invalid_utf8_has_a_result():
    _, fast, _ = tokenizers()
    assert len(fast.tokenize(tf.constant([b"\xff\xfe a"]))) > 0


def test_spaces_in_front_are_dropped_as_sentencepiece_does():
    tokenizer, _, detokenizer = tokenizers()
    space = tokenizer.all_tokens().index("▁")
    token_ids = [space, space, *tokenizer.tokenize(["a b"]).to_list()[0], space]
    written = detokenizer.detokenize(tf.constant(token_ids, tf.int32)).numpy()[0]
    assert written == tokenizer.detokenize(tf.ragged.constant([token_ids], tf.int32)).numpy()[0] == b"a b "


def test_another_type_than_unigram_is_refused():
    model = learn_vocabulary(LINES, vocabulary_size=311, model_type="bpe").model
    with pytest.raises(InputError, match=r"has another type than unigram \(\[vocabulary\] model_type\)"):
        FastTokenizer(model)


def test_user_defined_symbols_are_refused_by_the_key():
    model = learn_vocabulary(LINES, vocabulary_size=312, user_defined_symbols=["<2en>"]).model
    with pytest.raises(InputError, match=r"has user-defined symbols \(\[vocabulary\] user_defined_symbols\): "):
        FastTokenizer(model)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda proto: setattr(proto.normalizer_spec, "add_dummy_prefix", False), "no space before a text"),
        (lambda proto: setattr(proto.trainer_spec, "treat_whitespace_as_suffix", True), "spaces at the end of tokens"),
    ],
    ids=["no-prefix", "suffix"],
)
def test_a_vocabulary_that_the_fast_tokenizer_splits_otherwise_is_refused(change, message):
    proto = sentencepiece_model_pb2.ModelProto.FromString(learn_vocabulary(LINES, vocabulary_size=311).model)
    change(proto)
    with pytest.raises(InputError, match=message):
        FastTokenizer(proto.SerializeToString())
