"""Tests of the tokenizer: decoding returns the text, also in a graph and in a SavedModel."""

import io
import subprocess
import sys
import time
import unicodedata

import keras
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text import Tokenizer, learn_vocabulary

FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
TEXTS = [
    "The old farmer reads a letter.",
    "나는 학교에 갑니다.",
    unicodedata.normalize("NFD", "나는 café에"),
    f"A family {FAMILY} and a thumb \N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}",
    "שלום עולם \N{RIGHT-TO-LEFT MARK}مرحبا",
    "literal <s> </s> <pad> <unk> <0x41> tokens",
    "a\N{NULL}b",
    "\N{NO-BREAK SPACE} and \N{IDEOGRAPHIC SPACE} and \N{LINE SEPARATOR} stay",
    "\N{LINEAR B SYLLABLE B008 A}\U0010fffd\N{REPLACEMENT CHARACTER}",
    "x" * 5000,
    "",
]


def decoded(texts):
    return [text.decode("utf-8") for text in texts.numpy()]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:20]))
def test_text_comes_back_as_it_went_in(tokenizer, text):
    assert decoded(tokenizer.detokenize(tokenizer.tokenize([text]))) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("   ", ""), ("  a   b  ", "a b"), ("a\tb\r\nc\n", "a b c"), ("a\N{LOWER ONE EIGHTH BLOCK}b", "a b")],
)
def test_spaces_separators_and_the_sign_for_a_space_become_single_spaces(tokenizer, text, expected):
    assert decoded(tokenizer.detokenize(tokenizer.tokenize([text]))) == [expected]


@pytest.mark.parametrize("text", [b"a\xffb", b"\xc3(", b"\xed\xa0\x80", b"cut \xea\xb0"])
def test_bytes_that_are_not_utf8_become_replacement_characters(tokenizer, text):
    (found,) = decoded(tokenizer.detokenize(tokenizer.tokenize([text])))
    # The number of replacement characters for a run of wrong bytes is not specified.
    runs = [part for part in text.decode("utf-8", "replace").split("\N{REPLACEMENT CHARACTER}") if part]
    assert [part for part in found.split("\N{REPLACEMENT CHARACTER}") if part] == runs
    assert "\N{REPLACEMENT CHARACTER}" in found


def test_special_tokens_have_the_ids_0_to_3_and_leave_no_trace(tokenizer):
    assert (PADDING_ID, UNKNOWN_ID, START_ID, END_ID, NUM_SPECIAL_TOKENS) == (0, 1, 2, 3, 4)
    assert tokenizer.tokens(tf.range(4)).numpy().tolist() == [b"<pad>", b"<unk>", b"<s>", b"</s>"]
    ids = tokenizer.tokenize(["The old farmer"]).numpy()[0]
    wrapped = [START_ID, *ids, END_ID, PADDING_ID, PADDING_ID]
    assert decoded(tokenizer.detokenize(tf.constant([wrapped]))) == ["The old farmer"]


def test_text_never_becomes_a_special_token(tokenizer):
    assert int(tf.reduce_min(tokenizer.tokenize(TEXTS).flat_values)) >= NUM_SPECIAL_TOKENS


def test_ids_are_those_of_sentencepiece(tokenizer):
    processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer.model)
    assert tokenizer.vocabulary_size == processor.vocab_size() == 380
    for text, ids in zip(TEXTS, tokenizer.tokenize(TEXTS).to_list(), strict=True):
        assert ids == processor.encode(text)


def test_tokens_are_the_written_form(tokenizer):
    ids = tokenizer.tokenize(["The old farmer", ""])
    tokens = tokenizer.tokens(ids)
    assert tokens.row_lengths().numpy().tolist() == ids.row_lengths().numpy().tolist()
    assert b"".join(tokens[0].numpy()).decode() == "▁The▁old▁farmer"


def test_it_works_inside_a_graph(tokenizer):
    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])
    def round_trip(texts):
        return tokenizer.detokenize(tokenizer.tokenize(texts))

    assert decoded(round_trip(tf.constant(TEXTS))) == TEXTS
    assert round_trip(tf.constant([], tf.string)).shape == (0,)


@pytest.mark.parametrize("in_graph", [False, True])
def test_sampling_varies_the_segmentation_and_never_the_text(tokenizer, in_graph):
    tokenize = tf.function(tokenizer.tokenize) if in_graph else tokenizer.tokenize
    text = "The old farmer waits for the train near the river."
    ids = tokenize(tf.constant([text] * 20), sampling=0.2)
    assert len({tuple(row) for row in ids.to_list()}) > 5
    assert decoded(tokenizer.detokenize(ids)) == [text] * 20
    best = tokenizer.tokenize([text] * 2).to_list()
    assert best[0] == best[1]


@pytest.mark.parametrize("in_graph", [False, True])
def test_the_samples_depend_on_the_seed(tokenizer, in_graph):
    tokenize = tf.function(tokenizer.tokenize) if in_graph else tokenizer.tokenize
    texts = tf.constant(["The old farmer waits for the train near the river.", "나는 어제 카페에 갔다."] * 20)
    sampled = [tokenize(texts, sampling=0.2, seed=seed).to_list() for seed in (1, 2, 1, 2**40 + 1)]
    assert sampled[0] == sampled[2]
    assert sampled[0] != sampled[1] != sampled[3]
    tokenizer.tokenize(texts, sampling=0.2)  # A call without a seed does not change the results with a seed.
    assert tokenizer.tokenize(texts, sampling=0.2, seed=2).to_list() == sampled[1]


def test_any_ids_detokenize_to_valid_utf8(tokenizer):
    random_ids = np.random.default_rng(0).integers(0, tokenizer.vocabulary_size, (200, 30), dtype="int32")
    all_bytes = [[NUM_SPECIAL_TOKENS + byte] for byte in range(256)]
    assert tokenizer.tokens(tf.constant(all_bytes)).numpy()[[0, 255], 0].tolist() == [b"<0x00>", b"<0xFF>"]
    assert len(decoded(tokenizer.detokenize(random_ids))) == 200
    texts = decoded(tokenizer.detokenize(tf.constant(all_bytes)))
    assert texts[:128] == [chr(byte) for byte in range(128)]
    assert texts[128:] == ["\N{REPLACEMENT CHARACTER}"] * 128
    assert len(decoded(tokenizer.detokenize(tf.reshape(all_bytes, (1, 256))))) == 1


@pytest.mark.parametrize("reset", [keras.utils.clear_session, lambda: keras.utils.set_random_seed(1)])
def test_it_outlives_the_caches_of_tensorflow(tokenizer, reset):
    dataset = tf.data.Dataset.from_tensors(["The old farmer"]).map(tokenizer.tokenize)
    tokenize, expected = tf.function(tokenizer.tokenize), next(iter(dataset)).to_list()
    tokenize(tf.constant(["The old farmer"]))
    reset()
    assert tokenizer.tokenize(["The old farmer"]).to_list() == expected
    assert tokenize(tf.constant(["The old farmer"])).to_list() == expected
    assert next(iter(dataset)).to_list() == expected


def test_file_round_trip(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.model")
    loaded = Tokenizer.load(tmp_path / "tokenizer.model")
    assert loaded.tokenize(TEXTS).to_list() == tokenizer.tokenize(TEXTS).to_list()


def test_tokenizers_of_one_model_are_equal(unigram_tokenizer, lines):
    assert Tokenizer(unigram_tokenizer.model) == unigram_tokenizer
    assert len({Tokenizer(unigram_tokenizer.model), unigram_tokenizer}) == 1
    assert learn_vocabulary(lines, unigram_tokenizer.vocabulary_size, "bpe") != unigram_tokenizer


FRESH_PROCESS = """
import sys
import tensorflow as tf
import tensorflow_text
module = tf.saved_model.load(sys.argv[1])
for function in (module.first, module.second):
    print(function(tf.constant(["reads a letter"])).numpy().tolist())
assert "keras_transformer" not in sys.modules
"""


@pytest.mark.slow
def test_two_tokenizers_of_a_saved_model_stay_two_in_a_fresh_process(lines, unigram_tokenizer, tmp_path):
    """TensorFlow Text issue 1304: two tokenizers with the same name are merged silently."""
    other = learn_vocabulary(lines, vocabulary_size=350)
    signature = [tf.TensorSpec((None,), tf.string)]
    module = tf.Module()
    module.tokenizers = [unigram_tokenizer.trackable, other.trackable]
    module.first = tf.function(lambda texts: unigram_tokenizer.tokenize(texts).to_tensor(), signature)
    module.second = tf.function(lambda texts: other.tokenize(texts).to_tensor(), signature)
    tf.saved_model.save(module, str(tmp_path / "saved"))
    output = subprocess.run(
        [sys.executable, "-c", FRESH_PROCESS, tmp_path / "saved"], capture_output=True, text=True, check=True
    ).stdout
    expected = [each.tokenize(["reads a letter"]).to_list() for each in (unigram_tokenizer, other)]
    assert expected[0] != expected[1]
    assert output.splitlines() == [str(ids) for ids in expected]


def test_other_files_than_sentencepiece_models_are_refused(tmp_path):
    for content in (b"hello", b""):
        with pytest.raises(InputError, match="expected a SentencePiece model, but this is another file"):
            Tokenizer(content)
    (tmp_path / "notes.txt").write_bytes(b"hello")
    with pytest.raises(InputError, match="notes.txt: expected a SentencePiece model"):
        Tokenizer.load(tmp_path / "notes.txt")


def test_a_model_of_millions_of_tokens_is_refused_at_once(tmp_path):
    model = sentencepiece_model_pb2.ModelProto()
    for token in range(1_100_000):
        model.pieces.add(piece=f"{token:x}")
    (tmp_path / "large.model").write_bytes(model.SerializeToString())
    start = time.process_time()
    with pytest.raises(InputError, match=r"large.model: expected .* at most 1,048,576 tokens, but it has more\."):
        Tokenizer.load(tmp_path / "large.model")
    assert time.process_time() - start < 5


def test_a_model_with_other_special_ids_is_refused(lines, tmp_path):
    prefix = str(tmp_path / "foreign")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=prefix, vocab_size=120, minloglevel=2
    )
    with pytest.raises(
        InputError, match=r"foreign.model: .* at the ids \(0, 1, 2, 3\), but they are at \(-1, 0, 1, 2\)"
    ):
        Tokenizer.load(f"{prefix}.model")


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda texts: np.array(texts, object), tf.constant])
def test_texts_come_in_any_sequence(tokenizer, kind):
    texts = ["The old farmer", "나는 학교에", ""]
    expected = tokenizer.tokenize(texts).to_list()
    assert tokenizer.tokenize(kind(texts)).to_list() == expected
    assert tokenizer.tokenize(kind([text.encode() for text in texts])).to_list() == expected
    drawn = [tokenizer.tokenize(each, sampling=0.1, seed=5).to_list() for each in (texts, kind(texts))]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("texts", ["a text", b"a text", np.str_("a text"), tf.constant("a text"), [["a"], ["b"]]])
def test_sampling_needs_a_list_of_texts(tokenizer, texts):
    with pytest.raises(ValueError, match=r"of the shape \(batch,\)\. Received: the shape \("):
        tokenizer.tokenize(texts, sampling=0.1)


@pytest.mark.parametrize("texts", [[1, 2], ["a", None], [["a"], ["b", "c"]], np.array([1.5])])
@pytest.mark.parametrize("sampling", [0.0, 0.1])
def test_texts_that_are_not_strings_are_refused(tokenizer, texts, sampling):
    with pytest.raises(ValueError, match="Expected texts of the type str or bytes. Received: "):
        tokenizer.tokenize(texts, sampling=sampling)
    with pytest.raises(ValueError, match="Expected a tensor of strings. Received: a tensor of int32"):
        tokenizer.tokenize(tf.constant([1, 2]), sampling=sampling)


@pytest.mark.parametrize("sampling", [0.0, 0.1])
def test_a_lone_surrogate_is_shown(tokenizer, sampling):
    message = r"Received: 'a \\ud800 text', with the lone surrogate U\+D800 as character 3. Decode"
    with pytest.raises(ValueError, match=message):
        tokenizer.tokenize(["fine", "a \ud800 text"], sampling=sampling)


@pytest.mark.parametrize("model_type", ["word", "char"])
def test_a_model_of_one_segmentation_is_not_sampled(lines, model_type):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type=model_type, vocab_size=40, hard_vocab_limit=False,
        use_all_vocab=True, pad_id=0, unk_id=1, bos_id=2, eos_id=3, minloglevel=2,
    )  # fmt: skip
    tokenizer = Tokenizer(model.getvalue())
    assert UNKNOWN_ID not in tokenizer.tokenize(["The old farmer"]).numpy()[0]
    with pytest.raises(InputError, match=f"of the type unigram or bpe. Received: the type {model_type}. Set"):
        tokenizer.tokenize(["The old farmer"], sampling=0.1)


def test_every_character_comes_back_but_the_sign_for_a_space(tokenizer):
    characters = [chr(code_point) for code_point in range(0x110000) if not 0xD800 <= code_point < 0xE000]
    texts = ["".join(characters[start : start + 1000]) for start in range(0, len(characters), 1000)]
    spaces = str.maketrans("\t\n\r\u2581", "    ")
    expected = [" ".join(part for part in text.translate(spaces).split(" ") if part) for text in texts]
    assert decoded(tokenizer.detokenize(tokenizer.tokenize(texts))) == expected


@pytest.mark.parametrize(
    "record", [b"\x0a\x00", b"\x12\x02\x0a\x00", b"\x22\x02\x0a\x00"], ids=["tokens", "inputs", "samples"]
)
def test_a_model_of_many_small_records_is_refused_before_it_is_parsed(tokenizer, record):
    message = "at most 1,048,576 tokens, but it has more|its description of the training is too long"
    with pytest.raises(InputError, match=message):
        Tokenizer(tokenizer.model + record * 2**21)


@pytest.mark.parametrize("model", [b"\x0a", b"\x0a\xff", b"\x0b", b"\xff" * 11, b"\x0a\x05ab"], ids=repr)
def test_bytes_that_are_no_records_are_refused(model):
    with pytest.raises(InputError, match="expected a SentencePiece model, but this is another file"):
        Tokenizer(model)


@pytest.mark.parametrize("sampling", [-1.0, 1.5, float("nan")])
def test_the_strength_of_sampling_has_limits(tokenizer, sampling):
    with pytest.raises(InputError, match=f"`sampling` must be from 0 to 1. Received: sampling={sampling}"):
        tokenizer.tokenize(["a text"], sampling=sampling)
