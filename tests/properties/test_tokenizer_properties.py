"""Decoding the tokens of a text returns the text, and any tokens can be decoded."""

import sentencepiece
import tensorflow as tf
from fuzz.properties.tokenizers import check_round_trip
from hypothesis import given, settings
from hypothesis import strategies as st
from random_texts import TEXTS

VOCABULARIES = ["unigram", "bpe", "lowercase", "symbols", "identity", "nfkc", "nmt_nfkc_cf"]


@settings(max_examples=60)
@given(name=st.sampled_from(VOCABULARIES), texts=st.lists(TEXTS, min_size=1, max_size=10))
def test_a_text_comes_back_normalised_and_in_one_line(name, texts, tokenizers):
    tokenizer = tokenizers[name]
    processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer.model)
    found = tokenizer.detokenize(tokenizer.tokenize(texts)).numpy()
    for text, back in zip(texts, found, strict=True):
        check_round_trip(processor, text, back.decode("utf-8"), name)


@settings(max_examples=60)
@given(
    name=st.sampled_from(VOCABULARIES),
    rows=st.lists(st.lists(st.integers(0, 10_000), max_size=20), min_size=1, max_size=10),
)
def test_any_ids_are_text_in_utf8(name, rows, tokenizers):
    tokenizer = tokenizers[name]
    ids = tf.ragged.constant([[number % tokenizer.vocabulary_size for number in row] for row in rows], "int32")
    texts = [text.decode("utf-8") for text in tokenizer.detokenize(ids).numpy()]
    assert len(texts) == len(rows)
    # A line end has its own token, as every byte has.
    line_ends = {tokenizer.all_tokens().index(token) for token in ("<0x0A>", "<0x0D>")}
    for row, text in zip(ids.to_list(), texts, strict=True):
        assert line_ends & set(row) or not {"\n", "\r"} & set(text)
