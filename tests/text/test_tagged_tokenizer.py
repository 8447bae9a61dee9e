import pytest
import tensorflow as tf

from keras_transformer.data import listed_pairs, text_of_pairs
from keras_transformer.text import Tokenizers, learn_vocabulary
from keras_transformer.text.tagged_tokenizer import TaggedTokenizer, split_tags, with_tag, without_tags


@pytest.fixture(scope="module")
def tokenizer():
    return learn_vocabulary(["a small text", "another one"], user_defined_symbols=["<2en>", "<2zh-Hant>"])


@pytest.mark.parametrize("sampling", [0.0, 0.1])
def test_a_tag_becomes_the_first_token_of_the_text_alone(tokenizer, sampling):
    texts = ["a small text", "another one", "", "  \u200b", "<2en> text", "unk ☃"]
    tagged = TaggedTokenizer(tokenizer)
    found = tagged.tokenize([f"<2zh-Hant> {text}" for text in texts], sampling, seed=3).to_list()
    tag = tokenizer.symbols["<2zh-Hant>"]
    alone = tokenizer.tokenize([text if text.strip(" \u200b") else "" for text in texts], sampling, seed=3).to_list()
    assert found == [[tag, *row] if row else [] for row in alone]


def test_texts_without_a_known_tag_are_kept(tokenizer):
    texts = ["small <2en> text", "text"]
    assert TaggedTokenizer(tokenizer).tokenize(texts).to_list() == tokenizer.tokenize(texts).to_list()


def test_padded_rows_are_those_of_a_model_with_a_prefix(tokenizer):
    of_training = Tokenizers(TaggedTokenizer(tokenizer), tokenizer)
    assert not of_training.is_shared
    ids = of_training.encode_source(["<2en> small", "<2en>"], max_length=20).numpy()
    alone = Tokenizers(tokenizer).encode_source(["small"], max_length=20).numpy()
    assert ids[0, 0] == tokenizer.symbols["<2en>"]
    assert ids[0, 1:].tolist() == alone[0].tolist()
    assert not ids[1].any()


def test_tags_are_split_inside_a_graph():
    tags, rest = tf.function(split_tags)(tf.constant(["<2de> a <2en> b", "<2de>", "a", "<2 de> a", "<2de>a", "<b> a"]))
    assert tags.numpy().tolist() == [b"<2de> ", b"<2de> ", b"", b"", b"", b""]
    assert rest.numpy().tolist() == [b"a <2en> b", b"", b"a", b"<2 de> a", b"<2de>a", b"<b> a"]


def test_tags_are_added_to_pairs_and_removed():
    pairs = [("a", "b"), ("", "c"), ("<2en> d", "e")]
    tagged = with_tag(listed_pairs(pairs), "<2de>")
    assert list(text_of_pairs(tagged))[0] == ("<2de> a", "b")
    assert list(text_of_pairs(without_tags(tagged))) == pairs
