import pytest
import tensorflow as tf

import keras_transformer as kt
from keras_transformer.errors import InputError
from keras_transformer.special_tokens import END_ID
from keras_transformer.text import Tokenizers, learn_vocabulary

LINES = ["a small text", "another one", "and a third of them"] * 3


@pytest.fixture(scope="module")
def source():
    return learn_vocabulary(LINES, vocabulary_size=280)


@pytest.fixture(scope="module")
def target():
    return learn_vocabulary(LINES, vocabulary_size=275)


def test_a_user_encodes_decodes_saves_and_loads(source, tmp_path):
    tokenizers = kt.Tokenizers(source)
    ids = tokenizers.encode_source(["a small text", "another one"], max_length=40)
    assert ids.dtype == tf.int32
    assert tokenizers.decode_target(ids) == ["a small text", "another one"]
    tokenizers.save(tmp_path)
    loaded = kt.Tokenizers.load(str(tmp_path))
    assert loaded == tokenizers
    assert loaded.is_shared


def test_one_tokenizer_serves_both_sides(source, target):
    assert Tokenizers(source).target is source
    assert Tokenizers(source).is_shared
    same = type(source)(source.model)
    assert Tokenizers(source, same).is_shared
    assert Tokenizers(source, same).target is source
    assert not Tokenizers(source, target).is_shared


def test_a_long_text_is_cut_and_its_end_kept(source):
    whole = source.tokenize(["a small text and a third of them"]).to_list()[0]
    tokenizers = Tokenizers(source)
    texts = ["a small text and a third of them", "a"]
    for encode in (tokenizers.encode_source, tokenizers.encode_target):
        ids = encode(texts, max_length=5).numpy()
        assert ids[0].tolist() == [*whole[:4], END_ID]
        assert ids[1].tolist() == [*source.tokenize(["a"]).to_list()[0], END_ID, 0, 0, 0][:5]


@pytest.mark.parametrize("texts", [["", " ", "\u200b"], ["a", ""]])
def test_a_blank_text_has_padding_as_source_and_an_end_as_target(source, texts):
    tokenizers = Tokenizers(source)
    sources = tokenizers.encode_source(texts, max_length=8).numpy()
    targets = tokenizers.encode_target(texts, max_length=8).numpy()
    for text, source_ids, target_ids in zip(texts, sources, targets, strict=True):
        if text != "a":
            assert not source_ids.any()
            assert target_ids.tolist() == [END_ID, *[0] * (len(target_ids) - 1)]


def test_nothing_gives_a_table_without_rows(source):
    assert Tokenizers(source).encode_source([], max_length=8).shape == (0, 1)


def test_a_graph_gives_the_same_ids(source, target):
    tokenizers = Tokenizers(source, target)
    texts = ["a small text", "", "\u3000", "another one of them"]
    graph = tf.function(
        lambda texts: (tokenizers.encode_source(texts, 6), tokenizers.encode_target(texts, 6)),
        input_signature=[tf.TensorSpec((None,), tf.string)],
    )
    for found, expected in zip(
        graph(tf.constant(texts)), (tokenizers.encode_source(texts, 6), tokenizers.encode_target(texts, 6)), strict=True
    ):
        tf.debugging.assert_equal(found, expected)


def test_a_folder_holds_one_file_or_two(source, target, tmp_path):
    for tokenizers, names in ((Tokenizers(source), {"tokenizer.model"}), (Tokenizers(source, target), None)) * 2:
        tokenizers.save(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == (names or {"source.model", "target.model"})
        assert set(tokenizers.file_names) == {path.name for path in tmp_path.iterdir()}
        assert Tokenizers.is_saved_in(tmp_path)
        assert Tokenizers.load(tmp_path) == tokenizers


def test_files_may_have_a_name(source, target, tmp_path):
    Tokenizers(source, target).save(tmp_path, "ko_en")
    assert {path.name for path in tmp_path.iterdir()} == {"ko_en.source.model", "ko_en.target.model"}
    Tokenizers(source).save(tmp_path, "ko_en")
    assert {path.name for path in tmp_path.iterdir()} == {"ko_en.model"}


def test_a_folder_without_tokenizers_is_refused(source, tmp_path):
    assert not Tokenizers.is_saved_in(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"source\.model"):
        Tokenizers.load(tmp_path)
    (tmp_path / "tokenizer.model").write_bytes(b"no model")
    with pytest.raises(InputError, match=r"tokenizer\.model: expected a SentencePiece model"):
        Tokenizers.load(tmp_path)


def test_two_are_taken_for_one_only_once(source, target):
    tokenizers = Tokenizers.of(source, target)
    assert Tokenizers.of(tokenizers) is tokenizers
    with pytest.raises(ValueError, match=r"Received: a `Tokenizers` and .*\. Remove the second argument"):
        Tokenizers.of(tokenizers, target)
