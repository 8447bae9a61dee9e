import io

import pytest
import sentencepiece
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.text import Tokenizer
from keras_transformer.text.prefixes import checked_prefix_rows, prefix_ids


@pytest.fixture(scope="module")
def tokenizer():
    """A vocabulary of characters without bytes, so that other characters are unknown."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["abc abc"]), model_writer=model, model_type="char", vocab_size=8, minloglevel=2,
        pad_id=0, unk_id=1, bos_id=2, eos_id=3,
    )  # fmt: skip
    return Tokenizer(model.getvalue())


def test_blank_prefixes_force_nothing(tokenizer):
    rows = checked_prefix_rows(tokenizer, ["ab", "", " \u200b"], num_texts=3, max_length=9)
    assert [len(row) for row in rows.to_list()] == [3, 0, 0]
    found = prefix_ids(tokenizer, tf.constant(["ab", ""]), max_length=4)
    assert found.numpy().tolist() == [rows.to_list()[0], [0, 0, 0]]


@pytest.mark.parametrize(
    "prefixes, message",
    [
        (["a"], "Expected a prefix for each of the 2 texts, empty for none. Received: 1 prefixes."),
        (["a", "aß"], "The prefix 'aß' has a character that is not in the target vocabulary."),
        (["a", "abcabc"], "fewer tokens than the maximum length 7.*Received: 'abcabc' of 7 tokens."),
    ],
)
def test_prefixes_that_cannot_be_forced_are_refused(tokenizer, prefixes, message):
    with pytest.raises(InputError, match=message) as error:
        checked_prefix_rows(tokenizer, prefixes, num_texts=2, max_length=7)
    assert getattr(error.value, "index", 1) == 1


def test_an_unknown_character_is_an_error_of_the_graph(tokenizer):
    with pytest.raises(tf.errors.InvalidArgumentError, match="`prefix` has a character that is not in the vocabulary"):
        tf.function(lambda texts: prefix_ids(tokenizer, texts, 9))(tf.constant(["ab", "ß"]))


def test_a_prefix_of_too_many_tokens_is_an_error_of_the_graph(tokenizer):
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="`prefix` must have fewer tokens than the maximum length 3"
    ):
        tf.function(lambda texts: prefix_ids(tokenizer, texts, 3))(tf.constant(["", "ab"]))


def test_prefixes_are_masked_before_they_are_counted(tokenizer):
    def mask(prefixes):
        return [prefix.removeprefix("abcabc") for prefix in prefixes]

    rows = checked_prefix_rows(tokenizer, ["abcabcab", "a"], num_texts=2, max_length=4, mask=mask)
    assert [len(row) for row in rows.to_list()] == [3, 2]
    with pytest.raises(InputError, match="Received: 'abcabcab' of 3 tokens"):
        checked_prefix_rows(tokenizer, ["a", "abcabcab"], num_texts=2, max_length=3, mask=mask)
