"""The tokenizer of the signatures for texts as a TensorFlow graph, against `Tokenizer`."""

import functools
import random

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sentencepiece import sentencepiece_model_pb2
from text_cases import LINES, SYMBOLS, TEXTS, random_texts, repetitive_texts

from keras_transformer.errors import InputError
from keras_transformer.export.tflite.text_signatures.code_point_tokenizer import CodePointTokenizer, is_visible
from keras_transformer.text import Tokenizer, learn_vocabulary
from keras_transformer.text.blank import invisible_characters, is_blank
from keras_transformer.text.character_map import write_character_map

_PIECE = sentencepiece_model_pb2.ModelProto.SentencePiece
TEXT = [tf.TensorSpec((None,), tf.int32)]
IDS = [tf.TensorSpec((None, None), tf.int32)]


class Pair:
    """A `Tokenizer` and the graph of its tables."""

    def __init__(self, model):
        self.tokenizer = Tokenizer(model)
        tables = CodePointTokenizer(model)
        self._tokenize = tf.function(lambda text: tables.tokenize(text), input_signature=TEXT)
        self._detokenize = tf.function(tables.detokenize, input_signature=IDS)

    def ids(self, text):
        ids, count = self._tokenize(np.array([ord(character) for character in text], "int32").reshape(-1))
        assert not ids[count:].numpy().any()
        return ids[:count].numpy().tolist()

    def texts(self, rows):
        width = max(map(len, rows))
        found = self._detokenize(np.array([[*row, *[0] * (width - len(row))] for row in rows], "int32")).numpy()
        return ["".join(chr(code_point) for code_point in row if code_point) for row in found]

    def check(self, texts):
        rows = self.tokenizer.tokenize(texts).to_list()
        for text, expected in zip(texts, rows, strict=True):
            assert self.ids(text) == expected, ascii(text)
        self.check_rows([row for row in rows if row])

    def check_rows(self, rows):
        expected = self.tokenizer.detokenize(tf.ragged.constant(rows, tf.int32)).numpy()
        assert self.texts(rows) == [text.decode().replace("\0", "") for text in expected]


@functools.cache
def learned(**options):
    return Pair(learn_vocabulary(LINES, **options).model)


@pytest.fixture(scope="module")
def pair():
    return learned()


@pytest.fixture(scope="module")
def changed(pair):
    """Makes a pair of a changed model."""

    def changed(change):
        proto = sentencepiece_model_pb2.ModelProto.FromString(pair.tokenizer.model)
        change(proto)
        return Pair(proto.SerializeToString())

    return changed


def test_ids_and_texts_are_those_of_the_tokenizer(pair):
    pair.check([*TEXTS, *random_texts(150), *repetitive_texts(50)])


def test_texts_of_any_length_have_the_ids_of_the_tokenizer(pair):
    text = "나는 Zürich 000 어제 🙂"
    pair.check([text[:length] for length in range(len(text))])


def test_symbols_at_the_end_have_the_ids_of_the_tokenizer():
    texts = ["a,b" * number + "<2en>" + "0" * rest for number in range(4) for rest in range(4)]
    learned(user_defined_symbols=tuple(SYMBOLS), normalization="identity").check(texts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"normalization": "identity"},
        {"normalization": "nfkc", "lowercase": True},
        {"normalization": "nmt_nfkc_cf", "split_digits": True},
        {"user_defined_symbols": tuple(SYMBOLS), "lowercase": True},
        {"user_defined_symbols": tuple(SYMBOLS), "normalization": "identity"},
    ],
    ids=str,
)
def test_normalisations_and_symbols_are_those_of_the_tokenizer(options):
    draw = random.Random(1)
    symbols = ["".join(draw.choices([*SYMBOLS, " ", "a", "0", "\u0301"], k=6)) for _ in range(100)]
    learned(**options).check([*TEXTS, *random_texts(300), *symbols])


def without_bytes(proto):
    proto.trainer_spec.byte_fallback = False
    pieces = [piece for piece in proto.pieces if piece.type != _PIECE.BYTE]
    del proto.pieces[:]
    proto.pieces.extend(pieces)


def with_an_unused_piece(proto):
    for piece in proto.pieces[300:]:
        piece.type = _PIECE.UNUSED if piece.score > -6 else piece.type


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        without_bytes,
        with_an_unused_piece,
        lambda proto: setattr(proto.normalizer_spec, "add_dummy_prefix", False),
        lambda proto: setattr(proto.normalizer_spec, "remove_extra_whitespaces", False),
        lambda proto: setattr(proto.trainer_spec, "unk_surface", "??"),
    ],
    ids=["no-bytes", "unused", "no-prefix", "spaces", "unknown"],
)
def test_other_models_have_the_ids_of_the_tokenizer(changed, change):
    changed(change).check([*TEXTS, *random_texts(150)])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))
def test_any_text_has_the_ids_of_the_tokenizer(pair, text):
    assert pair.ids(text) == pair.tokenizer.tokenize([text]).to_list()[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(st.integers(0, 330) | st.integers(4, 259), min_size=1, max_size=9), min_size=1, max_size=3)
)
def test_any_ids_have_the_text_of_the_tokenizer(pair, rows):
    pair.check_rows(rows)


@pytest.mark.parametrize(
    "encoded",
    ["f09f9982", "eda080", "f4908080", "c080", "e08080", "f09f99", "c3a9c3", "fffe", "efbfbd", "f888808080", "0061"],
)
def test_bytes_are_decoded_as_by_the_tokenizer(pair, encoded):
    row = [4 + byte for byte in bytes.fromhex(encoded)]
    pair.check_rows([row, [300, *row, 301]])


def test_ids_outside_of_the_vocabulary_have_no_text(pair):
    assert pair.texts([[-1, pair.tokenizer.vocabulary_size, 2**31 - 1, -(2**31)]]) == [""]


def test_a_text_is_blank_as_in_the_library():
    visible = tf.function(is_visible, input_signature=TEXT)
    for text in [
        *map(chr, range(0x21)),
        *list(invisible_characters())[::50],
        "\u200b\ufeff",
        "a",
        "\u200b a",
        "\ufffd",
    ]:
        assert bool(visible(np.array([ord(character) for character in text]))) != is_blank(text), ascii(text)


def rule_with_spaces():
    rules = write_character_map({b"c": b"  d"})
    return sentencepiece_model_pb2.NormalizerSpec(name="user_defined", precompiled_charsmap=rules)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda proto: setattr(proto.trainer_spec, "model_type", 2), "it is of the type bpe, not unigram"),
        (lambda proto: setattr(proto.trainer_spec, "treat_whitespace_as_suffix", True), "spaces at the end of tokens"),
        (lambda proto: setattr(proto.normalizer_spec, "escape_whitespaces", False), "keeps spaces unescaped"),
        (lambda proto: setattr(proto.denormalizer_spec, "precompiled_charsmap", b"x"), "rules for the output"),
        (lambda proto: setattr(proto.pieces[4], "piece", "<0x01>"), "tokens of bytes in another order"),
        (lambda proto: proto.pieces.insert(10, _PIECE(piece="x")), "other tokens between those of bytes"),
        (lambda proto: proto.pieces.add(piece="a b", type=_PIECE.USER_DEFINED), "symbols with spaces"),
        (lambda proto: proto.normalizer_spec.MergeFrom(rule_with_spaces()), "results begin with two spaces"),
    ],
)
def test_a_vocabulary_that_is_not_supported_is_refused_by_name(pair, change, message):
    proto = sentencepiece_model_pb2.ModelProto.FromString(pair.tokenizer.model)
    change(proto)
    with pytest.raises(InputError, match=message):
        CodePointTokenizer(proto.SerializeToString())
